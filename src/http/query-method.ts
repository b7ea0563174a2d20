// The method QUERY: no URL of the hub takes it, but Fastify asks for its Content-Type before any URL is looked at.

import { METHODS } from 'node:http'
import type { FastifyInstance } from 'fastify'

/** Makes QUERY one more method that no route takes, so that it is answered with 405 or 404 like all of them. */
export function treatQueryAsAny(app: Pick<FastifyInstance, 'addHttpMethod'>): void {
  // A parser that does not know it refuses it by itself.
  if (METHODS.includes('QUERY')) app.addHttpMethod('QUERY', { overrideExisting: true })
}
