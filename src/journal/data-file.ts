// What can be told of the data directory without lmdb, which ends the process on a file that is not whole and on a
// disk that is full: whether its file is one, and how much room there is.

import { closeSync, openSync, readSync, statfsSync, statSync } from 'node:fs'

const PAGE_BYTES_MIN = 512
const PAGE_BYTES_MAX = 65_536
// An lmdb file begins with two pages that each say where its trees begin and which page is the last in use; the one
// of the later transaction counts.
const MAGIC = 0xbeefc0de
const MAGIC_AT = 24
const PAGE_SIZE_AT = 48
const ROOTS_AT = [88, 136]
const LAST_PAGE_AT = 144
const TRANSACTION_AT = 152
const HEAD_BYTES = 160
const NO_PAGE = 2n ** 64n - 1n
// Pages that were taken and given back in one transaction are never written: the file may end before the last in use.
const UNWRITTEN_BYTES_MAX = 1024 * 1024

/** Throws an `Error` in words for the operator when the file is there and not one that lmdb could map. */
export function checkDataFile(file: string): void {
  const bytes = statSync(file, { throwIfNoEntry: false })?.size
  if (bytes === undefined) return
  // lmdb would begin anew, and nobody would know that a registry has been there.
  if (bytes === 0) throw unusable('is empty')
  const [first] = readHeads(file, [0])
  const pageBytes = first!.readUInt32LE(PAGE_SIZE_AT)
  const isSize = pageBytes >= PAGE_BYTES_MIN && pageBytes <= PAGE_BYTES_MAX
  const heads = isSize ? readHeads(file, [0, pageBytes]) : []
  const isLmdb = heads.length > 0 && heads.every((head) => head.readUInt32LE(MAGIC_AT) === MAGIC)
  if (!isLmdb) throw unusable('is damaged or not a database')
  const newest = heads.reduce((one, other) => (transactionOf(other) > transactionOf(one) ? other : one))
  const endOf = (page: bigint): number => Number((page + 1n) * BigInt(pageBytes))
  const inUse = endOf(newest.readBigUInt64LE(LAST_PAGE_AT))
  if (inUse > bytes + UNWRITTEN_BYTES_MAX) throw unusable(`is cut off: ${bytes} of ${inUse} bytes are there`)
  const roots = ROOTS_AT.map((at) => newest.readBigUInt64LE(at)).filter((root) => root !== NO_PAGE)
  if (roots.some((root) => endOf(root) > bytes)) throw unusable('is damaged or cut off')
}

function unusable(what: string): Error {
  return new Error(`data.mdb ${what}; put a backup in its place, or move it away`)
}

/** Which file lies there, however its content changes; `undefined` = none. */
export function identityOf(file: string): string | undefined {
  const found = statSync(file, { throwIfNoEntry: false })
  return found && `${found.dev}:${found.ino}`
}

/** What others than root may still write where the directory lies. */
export function freeBytes(directory: string): number {
  const { bavail, bsize } = statfsSync(directory)
  return bavail * bsize
}

/** The beginnings of pages; zeros where the file has ended. */
function readHeads(file: string, offsets: readonly number[]): Buffer[] {
  const descriptor = openSync(file, 'r')
  try {
    return offsets.map((offset) => {
      const head = Buffer.alloc(HEAD_BYTES)
      readSync(descriptor, head, 0, HEAD_BYTES, offset)
      return head
    })
  } finally {
    closeSync(descriptor)
  }
}

function transactionOf(head: Buffer): bigint {
  return head.readBigUInt64LE(TRANSACTION_AT)
}
