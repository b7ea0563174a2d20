// What strangers can cause as often as they like is told once a minute, and not of more than so many of them.

const MINUTE_MS = 60_000
const SUBJECTS_MAX = 60

/** Gives whether a subject has not been told of in this minute: then it counts as told. */
export function oncePerMinute(): (subject: string) => boolean {
  let minute = -1
  let told = new Set<string>()
  return (subject) => {
    const now = Math.floor(performance.now() / MINUTE_MS)
    if (now !== minute) told = new Set()
    minute = now
    if (told.has(subject) || told.size >= SUBJECTS_MAX) return false
    told.add(subject)
    return true
  }
}
