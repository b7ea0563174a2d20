// Two of the three answers about an entry: whether the request arrived, and what to do now.

import { sideOf } from '../../../journal/journal-entry.ts'
import type { CatalogueEntry, Side, StoryItem } from '../api/types.ts'
import { isSuccess, REACHED_WORDS, recoveryText } from '../words.ts'

export function reachedText({ reached, author }: StoryItem): string {
  if (reached) return `It ${REACHED_WORDS[reached]}.`
  return author === 'responder' ? 'The responder answered it.' : 'The hub answered it.'
}

/** For the requester, for whose side it is, or for both in one when they are the same. */
export function WhatToDo({ entry, meaning }: { entry: StoryItem; meaning: CatalogueEntry | undefined }) {
  if (isSuccess(entry)) return <>Nothing.</>
  const side = sideOf(entry)
  const recovery = entry.recovery && recoveryText(entry.recovery)
  return (
    <>
      {recovery && (
        <span class="detail-line">
          <b>Requester:</b> {recovery} {side === 'requester' && meaning?.advice}
        </span>
      )}
      {meaning && (!recovery || side !== 'requester') && (
        <span class="detail-line">
          {side && <b>{SIDE_TITLES[side]}:</b>} {meaning.advice}
        </span>
      )}
      <a href={`/codes?q=${encodeURIComponent(entry.fault ?? entry.code)}`}>About this code</a>
    </>
  )
}

const SIDE_TITLES: Readonly<Record<Side, string>> = {
  requester: 'Requester',
  responder: 'Responder',
  hub: 'You, the hub',
}
