// What was with a platform: changes of its status, and pushes that did not reach its parties.

import type { MissedPushes, Page, Platform } from '../api/types.ts'
import { useResource } from '../api/use-resource.ts'
import { Ago, Clock, StatusMark } from '../parts/marks.tsx'
import { Loaded } from '../parts/states.tsx'
import { count } from '../words.ts'

/** Parties of one platform that are asked for; a platform with more is rare. */
const PARTIES_MAX = 10

export function Missed({ platform: { roles } }: { platform: Platform }) {
  const addresses = [...new Set(roles.map((role) => `${role.country_code}-${role.party_id}`.toUpperCase()))]
  return (
    <section class="card" aria-labelledby="missed">
      <h2 id="missed">
        Missed pushes <span class="quiet">until it reads the lists again</span>
      </h2>
      <ul class="plain">
        {addresses.slice(0, PARTIES_MAX).map((address) => (
          <MissedOf key={address} address={address} />
        ))}
      </ul>
    </section>
  )
}

function MissedOf({ address }: { address: string }) {
  const missed = useResource<Page<MissedPushes>>(`/parties/${encodeURIComponent(address)}/missed`)
  return (
    <Loaded from={missed}>
      {({ items }) =>
        items.map((item) => (
          <li key={`${item.module} ${item.from}`}>
            <details>
              <summary>
                <span class="code">{address}</span>: {count(item.count)} of {item.module} by {item.from}, the
                last <Ago time={item.last} />
              </summary>
              <ul class="plain">
                {item.paths.toReversed().map((path) => (
                  <li key={path}>
                    <code class="long">{path}</code>
                  </li>
                ))}
              </ul>
            </details>
          </li>
        ))
      }
    </Loaded>
  )
}

export function History({ history }: { history: NonNullable<Platform['history']> }) {
  return (
    <section class="card" aria-labelledby="history">
      <h2 id="history">Status history</h2>
      {history.length === 0 ? (
        <p class="quiet">Its status has not changed since it is known.</p>
      ) : (
        <ul class="plain">
          {history.map((change) => (
            <li key={change.time}>
              <Clock time={change.time} /> <StatusMark status={change.status} />
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
