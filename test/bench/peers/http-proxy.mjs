// http-proxy as its own manual sets it up, with keep-alive connections to the receiver.
// `node http-proxy.mjs ORIGIN`; prints its port.

import { Agent, createServer } from 'node:http'
import httpProxy from 'http-proxy'

const agent = new Agent({ keepAlive: true, maxSockets: 64 })
const proxy = httpProxy.createProxyServer({ target: process.argv[2], agent })
proxy.on('error', (_error, _request, response) => response.destroy())
const server = createServer((request, response) => proxy.web(request, response))
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
