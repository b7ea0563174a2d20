// What happened to one request, step by step: asked, forwarded, answered, and so.

import { sideOf } from '../../../journal/journal-entry.ts'
import type { ComponentChildren } from 'preact'
import type { CatalogueEntry, StoryItem } from '../api/types.ts'
import { meaningOf } from '../api/use-codes.ts'
import { CopyButton } from '../parts/controls.tsx'
import { correlationUrl } from '../parts/look-up.tsx'
import { ForeignText, SideMark } from '../parts/marks.tsx'
import { faultText, isSuccess, milliseconds } from '../words.ts'
import { reachedText, WhatToDo } from './what-to-do.tsx'

export function EntrySteps({ entry, codes }: { entry: StoryItem; codes: readonly CatalogueEntry[] }) {
  return (
    <ol class="steps">
      <Step name="Asked">
        <span class="method">{entry.method}</span> <code class="long">{entry.path}</code>
        <Id label="request id" id={entry.request_id} />
      </Step>
      <Forwarded entry={entry} />
      <Answered entry={entry} />
      {!isSuccess(entry) && (
        <Step name="So">
          <SideMark side={sideOf(entry)} /> must act. {reachedText(entry)}{' '}
          <WhatToDo entry={entry} meaning={meaningOf(codes, entry)} />
        </Step>
      )}
      {entry.caused_by && entry.caused_by !== entry.correlation_id && (
        <Step name="Caused by">
          <a href={correlationUrl(entry.caused_by)}>
            <code class="long">{entry.caused_by}</code>
          </a>
        </Step>
      )}
      <Step name="Reference">
        <code>{entry.reference}</code> <CopyButton text={entry.reference} />
      </Step>
    </ol>
  )
}

function Step({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <li>
      <span class="step-name">{name}</span>
      <span>{children}</span>
    </li>
  )
}

function Forwarded({ entry }: { entry: StoryItem }) {
  const { phases, targets } = entry
  if (targets) {
    return (
      <Step name="Broadcast">
        to {targets.length === 0 ? 'nobody: no party takes it' : targets.join(', ')}
      </Step>
    )
  }
  if (!phases) return <Step name="Not forwarded">The hub answered by itself.</Step>
  return (
    <Step name="Forwarded">
      to {entry.responder ?? entry.to}: {phasesText(phases)}
      {entry.forwarded_request_id && <Id label="request id" id={entry.forwarded_request_id} />}
    </Step>
  )
}

function Answered({ entry }: { entry: StoryItem }) {
  const { responder_http_status: theirs, http_status: ours } = entry
  return (
    <Step name="Answered">
      <span class="code">{entry.code}</span> {faultText(entry)} by the {entry.author}, HTTP {ours}, after{' '}
      {milliseconds(entry.duration_ms)}
      {theirs !== undefined && theirs !== ours && (
        <span class="quiet"> (the responder sent HTTP {theirs})</span>
      )}
      {entry.responder_code && (
        <>
          , its own code{' '}
          <a href={`/codes?q=${encodeURIComponent(entry.responder_code)}`}>
            <ForeignText text={entry.responder_code} />
          </a>
        </>
      )}
      {entry.code_unlisted && (
        <span class="quiet">, a code that the version of the requester does not list</span>
      )}
      {entry.message && <span class="message">{entry.message}</span>}
      {entry.detail && <span class="detail">{entry.detail}</span>}
    </Step>
  )
}

function Id({ label, id }: { label: string; id: string }) {
  return (
    <span class="id quiet">
      {label} <code class="long">{id}</code>
    </span>
  )
}

function phasesText({
  connect,
  tls,
  first_byte: firstByte,
  total,
}: NonNullable<StoryItem['phases']>): string {
  if (connect === undefined) return 'no connection was made'
  const answer =
    firstByte === undefined ? 'no answer began' : `the answer began at ${milliseconds(firstByte)}`
  const end =
    firstByte === undefined
      ? ''
      : total === undefined
        ? ' and did not end'
        : ` and ended at ${milliseconds(total)}`
  const secured = tls === undefined ? '' : `TLS at ${milliseconds(tls)}, `
  return `connected after ${milliseconds(connect)}, ${secured}${answer}${end}`
}
