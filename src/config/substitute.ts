// Environment variables in one scalar value: ${VAR} and ${VAR:-default}; $${ stands for ${ itself.
// It works on values of the parsed document, never on the file's text: a variable cannot add YAML.
// The text is only masked, so that the braces of a reference are not read as YAML's own.

export interface Substitution {
  readonly text: string
  /** Names that were looked up. */
  readonly variables: readonly string[]
  readonly faults: readonly string[]
}

const REFERENCE = /\$?\$\{([^}]*)\}?/g
const NAME = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([^]*))?$/

// Characters of YAML's flow style, and stand-ins of the same length from a private area of Unicode.
const FLOW = '{}[],'
const MASKED = '\uF8D0\uF8D1\uF8D2\uF8D3\uF8D4'

/** Lets `{ port: ${PORT} }` be written without quotes. Keeps every offset of the text. */
export function maskReferences(source: string): string {
  return source.replace(/\$\{[^}\n]*\}/g, (reference) => swap(reference, FLOW, MASKED))
}

function swap(value: string, from: string, to: string): string {
  return Array.from(value, (character) => to[from.indexOf(character)] ?? character).join('')
}

/** Replaces the references in `value`, masked or not. As in a shell, a default also stands in for an empty variable. */
export function substitute(masked: string, env: Readonly<Record<string, string | undefined>>): Substitution {
  const value = swap(masked, MASKED, FLOW)
  if (!value.includes('${')) return { text: value, variables: [], faults: [] }
  const variables: string[] = []
  const faults: string[] = []
  const text = value.replace(REFERENCE, (whole: string, inner: string) => {
    if (whole.startsWith('$$')) return whole.slice(1)
    const [, name, fallback] = (whole.endsWith('}') && NAME.exec(inner)) || []
    if (name === undefined) {
      faults.push('a variable is written ${NAME} or ${NAME:-default}, and $${ stands for ${ itself')
      return ''
    }
    variables.push(name)
    const found = Object.hasOwn(env, name) ? env[name] : undefined
    if (fallback !== undefined) return found || fallback
    if (found === undefined)
      faults.push(`environment variable ${name} is not set and has no default (\${${name}:-default})`)
    return found ?? ''
  })
  return { text, variables, faults }
}
