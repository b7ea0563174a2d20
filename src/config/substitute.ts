// Environment variables in one scalar value: ${VAR} and ${VAR:-default}; $${ stands for ${ itself. A default may hold
// variables again. It works on values of the parsed document, never on the file's text: a variable cannot add YAML.
// The text is only masked, so that the braces of a reference are not read as YAML's own.

/** Where values come from, and why the file of a variable that `<NAME>_FILE` names cannot be read. */
export interface Variables {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly unreadable?: ReadonlyMap<string, string>
}

export interface Substitution {
  readonly text: string
  /** Names that were looked up. */
  readonly variables: readonly string[]
  readonly faults: readonly string[]
}

const NAME = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([^]*))?$/
const FORM = 'a variable is written ${NAME} or ${NAME:-default}, and $${ stands for ${ itself'

/** A default in a default in a default: deeper is a slip, and would cost the parser its stack. */
const NESTED_MAX = 10

// Characters of YAML's flow style, and stand-ins of the same length from a private area of Unicode.
const FLOW = '{}[],'
const MASKED = '\uF8D0\uF8D1\uF8D2\uF8D3\uF8D4'

/** Lets `{ port: ${PORT} }` be written without quotes. Keeps every offset of the text. */
export function maskReferences(source: string): string {
  return source.split('\n').map(maskLine).join('\n')
}

function maskLine(line: string): string {
  let result = ''
  let rest = 0
  for (let start = line.indexOf('${'); start >= 0; start = line.indexOf('${', rest)) {
    const end = endOf(line, start) ?? start + 2
    result += line.slice(rest, start) + swap(line.slice(start, end), FLOW, MASKED)
    rest = end
  }
  return result + line.slice(rest)
}

function swap(value: string, from: string, to: string): string {
  return Array.from(value, (character) => to[from.indexOf(character)] ?? character).join('')
}

/** Replaces the references in `value`, masked or not. As in a shell, a default also stands in for an empty variable. */
export function substitute(masked: string, { env, unreadable }: Variables): Substitution {
  const variables: string[] = []
  const faults: string[] = []

  function replace(text: string): string {
    let result = ''
    let rest = 0
    for (let start = text.indexOf('${'); start >= 0; start = text.indexOf('${', rest)) {
      const isEscaped = start > rest && text[start - 1] === '$'
      const end = isEscaped ? start + 2 : endOf(text, start)
      result += isEscaped
        ? `${text.slice(rest, start - 1)}\${`
        : text.slice(rest, start) + resolve(end === undefined ? '' : text.slice(start + 2, end - 1))
      rest = end ?? text.length
    }
    return result + text.slice(rest)
  }

  function resolve(inner: string): string {
    const [, name, fallback] = NAME.exec(inner) ?? []
    if (name === undefined) {
      faults.push(FORM)
      return ''
    }
    variables.push(name)
    const failure = unreadable?.get(name)
    const found = Object.hasOwn(env, name) ? env[name] : undefined
    if (failure !== undefined) faults.push(`${name}_FILE: ${failure}`)
    else if (fallback !== undefined) return found || replace(fallback)
    else if (found === undefined)
      faults.push(`environment variable ${name} is not set and has no default (\${${name}:-default})`)
    return found ?? ''
  }

  return { text: replace(swap(masked, MASKED, FLOW)), variables, faults }
}

/** Behind the brace that closes the reference at `start`; `undefined` if none does. */
function endOf(text: string, start: number): number | undefined {
  const marks = /\$?\$\{|\}/g
  marks.lastIndex = start
  let depth = 0
  for (let mark = marks.exec(text); mark && depth <= NESTED_MAX; mark = marks.exec(text)) {
    if (mark[0] === '${') depth++
    else if (mark[0] === '}' && --depth === 0) return marks.lastIndex
  }
  return undefined
}
