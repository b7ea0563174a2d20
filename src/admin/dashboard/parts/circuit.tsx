// How well the way to a platform is: whether requests are sent, how near it is to being OFFLINE or when it is asked
// again, and how long its certificate lasts.

import type { Circuit } from '../api/types.ts'
import { ahead, count } from '../words.ts'

/** The whole of it, for the page of one platform. */
export function CircuitText({ circuit }: { circuit: Circuit | undefined }) {
  if (!circuit)
    return <span class="quiet">none: nothing is sent until an operator or a handshake says so</span>
  return (
    <>
      <strong>{circuit.state.replace('_', '-')}</strong>
      {meaning(circuit)}
    </>
  )
}

function meaning({ state, failures, opens_after: opensAfter, next_probe: probeAt }: Circuit): string {
  const next = probeAt === undefined ? '' : `; the hub asks it ${ahead(probeAt)}`
  switch (state) {
    case 'closed':
      return `: requests are sent. ${count(failures)} of the ${count(opensAfter)} failures in a row that open it${next}`
    case 'open':
      return `: requests are answered 4003 at once, nothing is sent${next}`
    case 'half_open':
      return ': the hub is asking whether it is back; requests are answered 4003 until then'
  }
}

/** What is worth a glance in a list: nothing of one that is well. */
export function CircuitNote({ circuit }: { circuit: Circuit | undefined }) {
  if (!circuit) return null
  const { state, failures, opens_after: opensAfter, next_probe: probeAt } = circuit
  if (state === 'half_open') return <span class="quiet"> asking now</span>
  if (state === 'open') {
    return probeAt === undefined ? null : <span class="quiet"> asked {ahead(probeAt)}</span>
  }
  if (failures === 0) return null
  return (
    <span class="warn">
      {' '}
      {count(failures)} of {count(opensAfter)} failures
    </span>
  )
}

const CERTIFICATE_SOON_DAYS = 21

/** Days until a certificate ends, marked when they are few or over. */
export function CertificateDays({ days }: { days: number | undefined }) {
  if (days === undefined) return <span class="quiet">–</span>
  if (days < 0) return <strong class="bad">has expired</strong>
  const text = days === 1 ? '1 day' : `${count(days)} days`
  return <span class={days <= CERTIFICATE_SOON_DAYS ? 'warn' : undefined}>{text}</span>
}
