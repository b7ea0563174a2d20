// Small marks with one meaning everywhere: whose side, which connection status. Shape and word carry the meaning
// as well; colour only helps.

import type { ConnectionStatus, Side } from '../api/types.ts'
import { ago, clockTime, STATUS_WORDS, zoneText } from '../words.ts'

const SIDE_SHAPES: Readonly<Record<Side, string>> = {
  requester: 'M2 1.5 L11 6 L2 10.5 Z',
  responder: 'M2 2 H10 V10 H2 Z',
  hub: 'M6 0.5 L11.5 6 L6 11.5 L0.5 6 Z',
}

/** Shape of a side alone. */
export function SideGlyph({ side }: { side: Side }) {
  return (
    <svg class={`glyph side-${side}`} viewBox="0 0 12 12" aria-hidden="true">
      <path d={SIDE_SHAPES[side]} />
    </svg>
  )
}

/** Whose side must act. */
export function SideMark({ side }: { side: Side | undefined }) {
  if (!side) return <span class="quiet">–</span>
  return (
    <span class={`mark side-${side}`}>
      <SideGlyph side={side} />
      {side}
    </span>
  )
}

const STATUS_SHAPES: Readonly<Record<ConnectionStatus, string>> = {
  CONNECTED: 'M6 1 A5 5 0 1 1 5.99 1 Z',
  OFFLINE: 'M2.2 1 L6 4.8 L9.8 1 L11 2.2 L7.2 6 L11 9.8 L9.8 11 L6 7.2 L2.2 11 L1 9.8 L4.8 6 L1 2.2 Z',
  PLANNED: 'M6 1 A5 5 0 1 1 5.99 1 Z M6 3 A3 3 0 1 0 6.01 3 Z',
  SUSPENDED: 'M2 1 H5 V11 H2 Z M7 1 H10 V11 H7 Z',
}

/** Status of a connection. */
export function StatusMark({ status }: { status: ConnectionStatus }) {
  return (
    <span class={`mark status-${status.toLowerCase()}`}>
      <svg class="glyph" viewBox="0 0 12 12" aria-hidden="true">
        <path d={STATUS_SHAPES[status]} fill-rule="evenodd" />
      </svg>
      {STATUS_WORDS[status]}
    </span>
  )
}

/**
 * Words of a party: marks in them that turn the direction of writing end with them, and a long one without blanks
 * breaks anywhere.
 */
export function ForeignText({ text }: { text: string | undefined }) {
  if (text === undefined) return <span class="quiet">–</span>
  return <bdi class="foreign">{text}</bdi>
}

/** A time of day; the full one in UTC on pointing. */
export function Clock({ time, ms = false }: { time: string; ms?: boolean }) {
  return (
    <time dateTime={time} title={time}>
      {clockTime(time, { ms })}
    </time>
  )
}

/** Head of a column of times: logs and the API are in UTC, the page in the reader's own zone. */
export function TimeHead() {
  return (
    <th scope="col">
      Time <span class="quiet">{zoneText()}</span>
    </th>
  )
}

/** How long ago; the full time in UTC on pointing. Absent: since the hub started; it may not remember what was before. */
export function Ago({ time }: { time: string | undefined }) {
  if (time === undefined) {
    return (
      <span class="quiet" title="Not since the hub started">
        not yet
      </span>
    )
  }
  return (
    <time dateTime={time} title={time}>
      {ago(time)}
    </time>
  )
}
