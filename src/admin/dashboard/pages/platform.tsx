// One connection: its parties, endpoints, tokens (only fingerprints), recent errors, and what an operator can do.

import type { ComponentChildren } from 'preact'
import { queryText } from '../api/client.ts'
import type { JournalEntry, Page, Platform } from '../api/types.ts'
import { useResource } from '../api/use-resource.ts'
import { CertificateDays, CircuitText } from '../parts/circuit.tsx'
import { Ago, Clock, StatusMark } from '../parts/marks.tsx'
import { Empty, Loaded } from '../parts/states.tsx'
import { count } from '../words.ts'
import { ErrorTable } from './error-table.tsx'
import { OwnParties } from './own-parties.tsx'
import { PlatformActions } from './platform-actions.tsx'
import { History, Missed } from './platform-past.tsx'

const EVERY_MS = 10_000
const ERRORS_SHOWN = 10

export function PlatformPage({ id }: { id: string }) {
  const platform = useResource<Platform>(`/platforms/${encodeURIComponent(id)}`, { everyMs: EVERY_MS })
  const errors = useResource<Page<JournalEntry>>(
    `/errors${queryText({ responder: id, limit: ERRORS_SHOWN })}`,
    { everyMs: EVERY_MS },
  )
  const isGone = platform.failure?.status === 404
  return (
    <div class="stack">
      <p>
        <a href="/parties">← All parties</a>
      </p>
      {(isGone || !platform.data) && <h1 class="long">{id}</h1>}
      {isGone ? (
        <Empty title={`There is no platform “${id}”.`}>
          <p>It may have been removed.</p>
        </Empty>
      ) : (
        <Loaded from={platform}>{(value) => <Details platform={value} reload={platform.reload} />}</Loaded>
      )}
      <section class="card" aria-labelledby="recent">
        <h2 id="recent">
          Latest errors <span class="quiet">as the receiver</span>
        </h2>
        <Loaded from={errors}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title="Nothing kept went wrong towards this platform." />
            ) : (
              <>
                <ErrorTable fresh={[]} entries={items} />
                <p class="more">
                  <a href={`/errors${queryText({ responder: id, since: 'all' })}`}>All of them</a>
                </p>
              </>
            )
          }
        </Loaded>
      </section>
    </div>
  )
}

function Details({ platform, reload }: { platform: Platform; reload: () => void }) {
  return (
    <>
      <div class="title-row">
        <h1>{platform.id}</h1>
        <StatusMark status={platform.status} />
        <PlatformActions platform={platform} onDone={reload} />
      </div>
      <div class="columns even">
        <section class="card" aria-labelledby="connection">
          <h2 id="connection">Connection</h2>
          <dl class="pairs">
            <Pair term="OCPI version">{platform.version ?? 'not settled yet'}</Pair>
            <Pair term="Versions URL">
              {platform.versions_url ? <code class="long">{platform.versions_url}</code> : 'not known yet'}
            </Pair>
            <Pair term="Last heard">
              <Ago time={platform.last_seen} />
            </Pair>
            <Pair term="Changed">
              <Clock time={platform.last_updated} />
            </Pair>
            <Pair term="Circuit">
              <CircuitText circuit={platform.circuit} />
            </Pair>
            <Pair term="Kept in">
              {platform.source === 'file' ? (
                <>
                  the configuration file: its tokens are renewed and it is removed there, then{' '}
                  <a href="/hub#configuration">the file is read again</a>
                </>
              ) : (
                'the registry'
              )}
            </Pair>
            <Pair term="Error format">{platform.errors}</Pair>
            {platform.in_flight !== undefined && <Pair term="In flight">{count(platform.in_flight)}</Pair>}
            {platform.missed_pushes !== undefined && (
              <Pair term="Missed pushes">{count(platform.missed_pushes)}</Pair>
            )}
            {platform.certificate_days !== undefined && (
              <Pair term="Certificate ends">
                <CertificateDays days={platform.certificate_days} />
              </Pair>
            )}
          </dl>
        </section>
        <section class="card" aria-labelledby="parties">
          <h2 id="parties">Parties</h2>
          <OwnParties platform={platform} onDone={reload} />
          {platform.parties_behind !== undefined && (
            <p>
              It is a hub: <a href={`/parties${queryText({ q: platform.id })}`}>parties behind it</a>,{' '}
              {count(platform.parties_behind)}
            </p>
          )}
          <h3>Tokens</h3>
          <Tokens tokens={platform.tokens} />
        </section>
      </div>
      <Endpoints platform={platform} />
      {(platform.missed_pushes ?? 0) > 0 && <Missed platform={platform} />}
      {platform.history && <History history={platform.history} />}
    </>
  )
}

function Pair({ term, children }: { term: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function Tokens({ tokens }: { tokens: Platform['tokens'] }) {
  return (
    <ul class="plain">
      {tokens.inbound.map((token) => (
        <li key={token.fingerprint}>
          it shows the hub <code>{token.fingerprint}</code>
          {token.purpose === 'registration' && ' (to register with, not used yet)'}
          {token.valid_until && (
            <>
              {' '}
              until <Clock time={token.valid_until} />
            </>
          )}
        </li>
      ))}
      {tokens.outbound ? (
        <li>
          the hub shows it <code>{tokens.outbound.fingerprint}</code>
        </li>
      ) : (
        <li class="quiet">the hub has no token for it yet</li>
      )}
    </ul>
  )
}

function Endpoints({ platform: { endpoints } }: { platform: Platform }) {
  return (
    <section class="card" aria-labelledby="endpoints">
      <h2 id="endpoints">Endpoints</h2>
      {endpoints.length === 0 ? (
        <Empty title="No endpoint is known.">
          <p>They are read from its version details, when it registers or when it is probed.</p>
        </Empty>
      ) : (
        <table class="rows cards">
          <thead>
            <tr>
              <th scope="col">Module</th>
              <th scope="col">Interface</th>
              <th scope="col">URL</th>
            </tr>
          </thead>
          <tbody>
            {endpoints.map(({ module, role, url }) => (
              <tr key={`${module} ${role}`}>
                <td data-label="Module">{module}</td>
                <td data-label="Interface">{role}</td>
                <td data-label="URL">
                  <code class="long">{url}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}
