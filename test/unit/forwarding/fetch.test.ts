// The `fetch` of the verbs: an answer that hangs in the middle is given up.

import { expect, it, onTestFinished } from 'vitest'
import { createFetch } from '../../../src/forwarding/fetch.ts'
import { scriptedServer } from '../cli/scripted-server.ts'

it('an answer that has begun fails when nothing more comes, not even a heartbeat', async () => {
  const server = await scriptedServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(': one heartbeat, and then none\n\n')
  })
  onTestFinished(() => server.close())
  const answer = await createFetch({ silenceMs: 100 })(server.url)
  expect(answer.status).toBe(200)
  await expect(answer.text()).rejects.toMatchObject({ cause: { code: 'UND_ERR_BODY_TIMEOUT' } })
})
