// What is wrong with a parameter or a member of a body, in the words of people who call the API. A schema's own
// sentence stands; only zod's, which speak of types and of NaN, are said again. No sentence repeats the value.

/** An issue as fastify-type-provider-zod hands it over: zod's code, message, and the rest of its members. */
export interface Issue {
  readonly keyword: string
  readonly message?: string | undefined
  readonly params: object
}

interface Params {
  readonly expected?: string
  readonly values?: readonly unknown[]
  readonly origin?: string
  readonly minimum?: number
  readonly maximum?: number
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'must be text',
  number: 'must be a number',
  int: 'must be a whole number',
  boolean: 'must be true or false',
  array: 'must be a list',
  object: 'must be an object',
}

const COUNTED: Readonly<Record<string, string>> = { string: ' characters', array: ' items' }

/** One sentence without its subject. */
export function issueWords({ keyword, message = 'is not valid', params }: Issue): string {
  // Only zod's own begin so.
  if (!/^(?:Invalid |Too |Unrecognized )/.test(message)) return message
  const { expected = '', values = [], origin = '', minimum, maximum } = params as Params
  if (message.endsWith('received undefined')) return 'is missing'
  if (keyword === 'unrecognized_keys') return 'is not known here'
  if (keyword === 'invalid_value') return `must be ${values.length > 1 ? 'one of ' : ''}${values.join(', ')}`
  const counted = COUNTED[origin]
  if (keyword === 'too_small' && minimum === 1 && counted !== undefined) return 'must not be empty'
  if (keyword === 'too_small') return `must be at least ${minimum}${counted ?? ''}`
  if (keyword === 'too_big') return `must be at most ${maximum}${counted ?? ''}`
  return TYPES[expected] ?? 'is not valid'
}
