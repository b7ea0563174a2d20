// Which methods a path takes: tells 405 from 404, which Fastify's router does not.

import type { AdminApp } from './parts.ts'

/** Collects the routes registered after it; the function gives the methods for the path of a URL, or none. */
export function allowedMethods(app: AdminApp): (url: string) => string[] {
  const routes: { readonly pattern: RegExp; readonly methods: readonly string[] }[] = []
  app.addHook('onRoute', ({ url, method }) => {
    routes.push({ pattern: toPattern(url), methods: [method].flat() })
  })
  return (url) => {
    const path = url.split('?', 1)[0]!
    return [...new Set(routes.flatMap(({ pattern, methods }) => (pattern.test(path) ? methods : [])))].sort()
  }
}

function toPattern(url: string): RegExp {
  const escaped = url.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${escaped.replace(/:[A-Za-z_]+/g, '[^/]+').replace(/\\\*/g, '.*')}$`)
}
