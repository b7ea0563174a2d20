// `ocpi-hub completion`: a completion script for a shell, generated from the command tree itself, so that a new verb
// or option is in it by being there.

import { Argument, type Command } from 'commander'
import type { CliContext } from './context.ts'

export function addCompletion(program: Command, context: CliContext): void {
  program
    .command('completion')
    .description('print a completion script for a shell')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .addHelpText(
      'after',
      `
bash: source <(ocpi-hub completion bash)
zsh:  source <(ocpi-hub completion zsh)
fish: ocpi-hub completion fish | source`,
    )
    .action((shell: Shell) => context.out(SCRIPTS[shell](toNodes(program, ''))))
}

const SHELLS = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof SHELLS)[number]

interface Node {
  /** `/platforms/list`; `''` is the program. */
  readonly path: string
  /** What may follow: verbs, choices of arguments. */
  readonly words: readonly Word[]
  readonly options: readonly OptionWord[]
  /** Files are completed by the shell itself, where this offers nothing: options wait for their dash. */
  readonly takesFile: boolean
}

interface Word {
  readonly name: string
  readonly text: string
}

interface OptionWord extends Word {
  readonly short?: string | undefined
  readonly takesValue: boolean
  readonly values: readonly string[]
}

function toNodes(command: Command, path: string): Node[] {
  const verbs = command.commands.map((inner) => ({ name: inner.name(), text: inner.description() }))
  const choices = command.registeredArguments.flatMap((argument) =>
    (argument.argChoices ?? []).map((name) => ({ name, text: '' })),
  )
  const options = command.options.flatMap(({ long, short, description, required, optional, argChoices }) =>
    long
      ? [{ name: long, short, text: description, takesValue: required || optional, values: argChoices ?? [] }]
      : [],
  )
  const help = { name: '--help', text: 'say how it is used', takesValue: false, values: [] }
  const takesFile = command.registeredArguments.some((argument) => argument.name() === 'file')
  const own = { path, words: [...verbs, ...choices], options: [...options, help], takesFile }
  return [own, ...command.commands.flatMap((inner) => toNodes(inner, `${path}/${inner.name()}`))]
}

const SCRIPTS: Readonly<Record<Shell, (nodes: readonly Node[]) => string>> = { bash, zsh, fish }

function bash(nodes: readonly Node[]): string {
  return `# bash completion of ocpi-hub: source <(ocpi-hub completion bash)
_ocpi_hub() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" verb="" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$verb/$word" in
      ${verbPattern(nodes)}) verb="$verb/$word" ;;
    esac
  done
  case "$verb $before" in
${valueCases(nodes, 'words')}
    *) case "$verb" in
${cases(nodes, 'words')}
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o bashdefault -o default -F _ocpi_hub ocpi-hub`
}

function zsh(nodes: readonly Node[]): string {
  return `#compdef ocpi-hub
# zsh completion of ocpi-hub: source <(ocpi-hub completion zsh)
_ocpi_hub() {
  local current="\${words[CURRENT]}" verb="" word words_now=""
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$verb/$word" in
      ${verbPattern(nodes)}) verb="$verb/$word" ;;
    esac
  done
  case "$verb \${words[CURRENT-1]}" in
${valueCases(nodes, 'words_now')}
    *) case "$verb" in
${cases(nodes, 'words_now')}
    esac ;;
  esac
  compadd -- \${=words_now} || _files
}
compdef _ocpi_hub ocpi-hub`
}

function fish(nodes: readonly Node[]): string {
  const lines = nodes.flatMap(({ path, words, options }) => {
    const at = `complete -c ocpi-hub -n "__ocpi_hub_at '${path}'"`
    return [
      ...words.map(({ name, text }) => `${at} -f -a ${name}${fishText(text)}`),
      ...options.map(({ name, text, takesValue, values }) => {
        const value = values.length > 0 ? ` -x -a "${values.join(' ')}"` : takesValue ? ' -r' : ''
        return `${at} -l ${name.slice(2)}${value}${fishText(text)}`
      }),
    ]
  })
  return `# fish completion of ocpi-hub: ocpi-hub completion fish | source
function __ocpi_hub_at
  set -l verb ''
  for word in (commandline -opc)[2..-1]
    switch "$verb/$word"
      case ${nodes.flatMap(({ path }) => (path === '' ? [] : [`'${path}'`])).join(' ')}
        set verb "$verb/$word"
    end
  end
  test "$verb" = "$argv[1]"
end
${lines.join('\n')}`
}

/** Only the first line: it is shown behind the word. */
function fishText(text: string): string {
  const quoted = text.split('\n', 1)[0]!.replaceAll('\\', '\\\\').replaceAll("'", "\\'")
  return quoted === '' ? '' : ` -d '${quoted}'`
}

function verbPattern(nodes: readonly Node[]): string {
  return nodes.flatMap(({ path }) => (path === '' ? [] : [path])).join('|')
}

function cases(nodes: readonly Node[], variable: string): string {
  return nodes
    .map(({ path, words, options, takesFile }) => {
      const names = [...words, ...options].map(({ name }) => name)
      const condition = takesFile ? '[[ "$current" == -* ]] && ' : ''
      return `      "${path}") ${condition}${variable}="${names.join(' ')}" ;;`
    })
    .join('\n')
}

/** Behind an option that takes a value: one of some, or what only the shell can know, a file. */
function valueCases(nodes: readonly Node[], variable: string): string {
  return nodes
    .flatMap(({ path, options }) =>
      options
        .filter(({ takesValue }) => takesValue)
        .map(({ name, short, values }) => {
          const places = [name, ...(short ? [short] : [])].map((option) => `"${path} ${option}"`)
          return `    ${places.join('|')}) ${variable}="${values.join(' ')}" ;;`
        }),
    )
    .join('\n')
}
