// Two of the three answers about an entry: whether the request arrived, and what to do now.

import type { CatalogueEntry, StoryItem } from '../api/types.ts'
import { isSuccess, REACHED_WORDS, recoveryText } from '../words.ts'

export function reachedText({ reached, author }: StoryItem): string {
  if (reached) return `It ${REACHED_WORDS[reached]}.`
  return author === 'responder' ? 'The responder answered it.' : 'The hub answered it.'
}

export function WhatToDo({ entry, meaning }: { entry: StoryItem; meaning: CatalogueEntry | undefined }) {
  if (isSuccess(entry)) return <>Nothing.</>
  return (
    <>
      {entry.recovery && recoveryText(entry.recovery)} {meaning?.advice}{' '}
      <a href={`/codes?q=${encodeURIComponent(entry.fault ?? entry.code)}`}>About this code</a>
    </>
  )
}
