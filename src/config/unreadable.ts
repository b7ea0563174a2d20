// Why a file that a configuration names cannot be read, in words for its operator.

/** Half a sentence behind the name of the file or of the key that names it. */
export function unreadable(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EACCES') return 'the file may not be read by this user'
  if (code === 'EISDIR') return 'this is a directory'
  return error instanceof TypeError
    ? 'the file is not UTF-8 text'
    : `the file cannot be read (${code ?? 'unknown reason'})`
}
