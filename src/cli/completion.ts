// `ocpi-hub completion`: a completion script for a shell, generated from the command tree itself, so that a new verb
// or option is in it by being there.

import { Argument, type Command } from 'commander'
import type { CliContext } from './context.ts'

export function addCompletion(program: Command, context: CliContext): void {
  program
    .command('completion')
    .description('print a completion script: source <(ocpi-hub completion bash)')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh']))
    .action((shell: 'bash' | 'zsh') => context.out(SCRIPTS[shell](toNodes(program, ''))))
}

interface Node {
  /** `/platforms/list`; `''` is the program. */
  readonly path: string
  /** What may follow: verbs, options, choices of arguments. */
  readonly words: readonly string[]
}

function toNodes(command: Command, path: string): Node[] {
  const verbs = command.commands.map((inner) => inner.name())
  const choices = command.registeredArguments.flatMap((argument) => argument.argChoices ?? [])
  const options = command.options.flatMap(({ long }) => (long ? [long] : []))
  const own = { path, words: [...verbs, ...choices, ...options, '--help'] }
  return [own, ...command.commands.flatMap((inner) => toNodes(inner, `${path}/${inner.name()}`))]
}

const SCRIPTS: Readonly<Record<'bash' | 'zsh', (nodes: readonly Node[]) => string>> = { bash, zsh }

function bash(nodes: readonly Node[]): string {
  return `# bash completion of ocpi-hub: source <(ocpi-hub completion bash)
_ocpi_hub() {
  local current="\${COMP_WORDS[COMP_CWORD]}" verb="" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$verb/$word" in
      ${verbPattern(nodes)}) verb="$verb/$word" ;;
    esac
  done
  case "$verb" in
${cases(nodes)}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o bashdefault -o default -F _ocpi_hub ocpi-hub`
}

function zsh(nodes: readonly Node[]): string {
  return `#compdef ocpi-hub
# zsh completion of ocpi-hub: source <(ocpi-hub completion zsh)
_ocpi_hub() {
  local verb="" word words_now=""
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$verb/$word" in
      ${verbPattern(nodes)}) verb="$verb/$word" ;;
    esac
  done
  case "$verb" in
${cases(nodes, 'words_now')}
  esac
  compadd -- \${=words_now}
  _files
}
compdef _ocpi_hub ocpi-hub`
}

function verbPattern(nodes: readonly Node[]): string {
  return nodes.flatMap(({ path }) => (path === '' ? [] : [path])).join('|')
}

function cases(nodes: readonly Node[], variable = 'words'): string {
  return nodes.map(({ path, words }) => `    "${path}") ${variable}="${words.join(' ')}" ;;`).join('\n')
}
