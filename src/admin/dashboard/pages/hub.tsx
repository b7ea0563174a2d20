// The hub itself: its registry and what to decide when that has shrunk, its configuration read again, who changed what.

import { useEffect, useState } from 'preact/hooks'
import type { HubStatus } from '../api/types.ts'
import { useResource } from '../api/use-resource.ts'
import { Loaded } from '../parts/states.tsx'
import type { Place } from '../router.ts'
import { count, duration } from '../words.ts'
import { AuditTrail } from './audit-trail.tsx'
import { Configuration } from './configuration.tsx'
import { RegistryState } from './registry-state.tsx'

const EVERY_MS = 10_000

export function HubPage({ place: { hash } }: { place: Place }) {
  const status = useResource<HubStatus>('/status', { everyMs: EVERY_MS })
  const [deeds, setDeeds] = useState(0)
  const onDeed = (): void => setDeeds((before) => before + 1)
  useEffect(() => {
    if (hash !== '') document.getElementById(hash)?.scrollIntoView({ block: 'start' })
  }, [hash])
  return (
    <div class="stack">
      <h1>Hub</h1>
      <div class="columns even">
        <RegistryState onDeed={onDeed} />
        <div class="stack">
          <Configuration onDeed={onDeed} />
          <section class="card" aria-labelledby="process">
            <h2 id="process">This hub</h2>
            <Loaded from={status}>{(value) => <Process status={value} />}</Loaded>
          </section>
        </div>
      </div>
      <AuditTrail deeds={deeds} />
    </div>
  )
}

function Process({ status }: { status: HubStatus }) {
  return (
    <dl class="pairs">
      <div>
        <dt>Version</dt>
        <dd>
          {status.version} <span class="quiet">on Node {status.node}</span>
        </dd>
      </div>
      {status.instance !== undefined && (
        <div>
          <dt>Host, process</dt>
          <dd>{status.instance}</dd>
        </div>
      )}
      <div>
        <dt>Running for</dt>
        <dd>{duration(status.uptime_seconds)}</dd>
      </div>
      <div>
        <dt>In flight</dt>
        <dd>
          {count(status.in_flight)}
          {status.draining && <strong class="bad"> draining: it takes no new connections</strong>}
        </dd>
      </div>
    </dl>
  )
}
