// Completes package-lock.json after `npm install` on a registry that lacks packages of other platforms: npm leaves
// their entries out, and then `npm ci` refuses the file everywhere. Adds what optionalDependencies name.

import { readFileSync, writeFileSync } from 'node:fs'

const SYSTEMS = ['android', 'darwin', 'linux', 'win32', 'freebsd', 'openharmony']
const PROCESSORS = ['arm64', 'arm', 'x64', 'ia32', 'ppc64', 'riscv64', 's390x']

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'))
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    const known = lock.packages[`node_modules/${name}`] ?? lock.packages[`${path}/node_modules/${name}`]
    if (path === '' || known) continue
    lock.packages[`node_modules/${name}`] = toEntry(name, range.replace(/^[\^~]/, ''), entry.dev)
  }
}
const [root, ...others] = Object.entries(lock.packages)
others.sort(([one], [other]) => one.localeCompare(other, 'en'))
lock.packages = Object.fromEntries([root, ...others])
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`)

/** The platform stands in the package's name: `@x/binding-linux-arm64-musl`. */
function toEntry(name, version, dev) {
  const os = SYSTEMS.find((system) => name.includes(system))
  const rest = name.slice(name.indexOf(os) + os.length)
  const cpu = PROCESSORS.find((processor) => rest.includes(processor))
  const libc = rest.includes('musl') ? ['musl'] : os === 'linux' && rest.includes('gnu') ? ['glibc'] : undefined
  return { version, cpu: [cpu], ...(dev ? { dev } : {}), ...(libc ? { libc } : {}), optional: true, os: [os] }
}
