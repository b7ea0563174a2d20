// Whether a browser asks for a page: where there is none the dashboard says so, not the API.

import type { FastifyRequest } from 'fastify'

/** Asked of paths that have no route; below `/api` and `/assets` nobody looks for a page. */
export function asksForPage({
  method,
  url,
  headers,
}: Pick<FastifyRequest, 'method' | 'url' | 'headers'>): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  return (headers.accept ?? '').includes('text/html') && !/^\/(?:api|assets)(?:[/?]|$)/.test(url)
}
