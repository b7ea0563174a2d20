import { startSandboxHub, requestsOf } from './sandbox-hub.ts'
import { writeFileSync } from 'node:fs'
const s = await startSandboxHub()
for (let m = 20; m > 0; m--) await Promise.all(requestsOf(m).map((r) => s.call(...r)))
await s.call('NL-EMS', 'NL-HUB', 'PUT receiver/tokens/NL/EMS/TOKEN7', {
  correlationId: 'broadcast1',
  json: { uid: 'TOKEN7' },
})
writeFileSync(
  '/tmp/harness.json',
  JSON.stringify({ url: s.hub.adminUrl, token: s.hub.adminToken, pid: process.pid }),
)
console.log(s.hub.adminUrl)
process.on('SIGTERM', () => void s.close().then(() => process.exit()))
