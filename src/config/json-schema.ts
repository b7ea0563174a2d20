// The JSON Schema of the configuration file, for editors: what may be written, with descriptions and defaults.
// A value that comes from the environment fits everywhere; the hub itself checks what is in the variable.

import * as z from 'zod'
import { fileSchema } from './schema.ts'

const VARIABLE = {
  description: 'From the environment: ${NAME} or ${NAME:-default}.',
  type: 'string',
  pattern: '\\$\\{',
}
const OWN_KEYS = ['default', 'description'] as const

type JsonSchema = z.core.JSONSchema.BaseSchema

/** JSON Schema (draft 2020-12) of the file's input form. */
export function configJsonSchema(): object {
  const schema = z.toJSONSchema(fileSchema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => allowVariable(jsonSchema),
  })
  return { title: 'Configuration of ocpi-hub', ...schema, $defs: { variable: VARIABLE } }
}

/** A leaf that is more than any text may also be `${VAR}`; its description and default stay outside. */
function allowVariable(schema: JsonSchema): void {
  const isLeaf = schema.type !== undefined && schema.type !== 'object' && schema.type !== 'array'
  const isAnyText = schema.type === 'string' && schema.pattern === undefined && schema.enum === undefined
  if (!isLeaf || isAnyText) return
  const rest: Record<string, unknown> = { ...schema }
  for (const key of Object.keys(schema)) {
    if (!OWN_KEYS.includes(key as (typeof OWN_KEYS)[number])) delete schema[key]
  }
  for (const key of OWN_KEYS) delete rest[key]
  schema.anyOf = [rest as JsonSchema, { $ref: '#/$defs/variable' }]
}
