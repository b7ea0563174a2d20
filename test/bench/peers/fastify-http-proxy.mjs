// @fastify/http-proxy as its own manual sets it up: all paths to one receiver, undici's pool behind.
// `node fastify-http-proxy.mjs ORIGIN`; prints its port.

import httpProxy from '@fastify/http-proxy'
import Fastify from 'fastify'

const server = Fastify({ logger: false })
server.register(httpProxy, { upstream: process.argv[2] })
await server.listen({ port: 0, host: '127.0.0.1' })
console.log(server.server.address().port)
