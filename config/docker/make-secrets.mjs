// `node make-secrets.mjs DIRECTORY`: makes the secrets of a cluster once, each in a file of its own, readable by its
// owner and group alone. What is there already is never touched, so it may run at every start.

import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [directory] = process.argv.slice(2)
if (directory === undefined) throw new Error('name the directory for the secrets')

/** The content of the file, which is made now if there is none. */
function secret(name, make) {
  const file = join(directory, name)
  try {
    writeFileSync(file, `${make()}\n`, { mode: 0o440, flag: 'wx', flush: true })
    console.log(`${file} was made`)
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  }
  return readFileSync(file, 'utf8').trim()
}

const token = () => randomBytes(32).toString('base64url')

secret('secret-key', () => randomBytes(32).toString('base64'))
secret('admin-token', token)
const metricsToken = secret('metrics-token', token)
secret('metrics-token.sha256', () => createHash('sha256').update(metricsToken).digest('hex'))
secret('grafana-password', token)
