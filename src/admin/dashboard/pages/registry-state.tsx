// The registry: whether its store answers and how old the picture is. When the store came back with less than it had,
// the operator decides here which of the two is right.

import { useState } from 'preact/hooks'
import { call } from '../api/client.ts'
import type { Registry, RegistryKeys } from '../api/hub-types.ts'
import { useResource } from '../api/use-resource.ts'
import { Confirm } from '../parts/confirm.tsx'
import { Loaded } from '../parts/states.tsx'
import { useMayOperate } from '../session.tsx'
import { count, duration } from '../words.ts'

const EVERY_MS = 5_000
const KEYS_EVERY_MS = 60_000
/** Hubs look at a shared store each half second; older than this it is worth a word. */
const STALE_SECONDS = 5

export function RegistryState({ onDeed }: { onDeed: () => void }) {
  const registry = useResource<Registry>('/registry', { everyMs: EVERY_MS })
  return (
    <section class="card" aria-labelledby="registry">
      <h2 id="registry">Registry</h2>
      <Loaded from={registry}>
        {(value) => (
          <>
            {value.alarm && (
              <Shrunk
                registry={value}
                onClose={() => {
                  registry.reload()
                  onDeed()
                }}
              />
            )}
            <Facts registry={value} />
            {value.up && !value.alarm && <Backup />}
          </>
        )}
      </Loaded>
      <Keys />
    </section>
  )
}

/** The document of an export, for those who may operate; it is taken back in on the command line. */
function Backup() {
  const mayOperate = useMayOperate()
  if (!mayOperate) return null
  return (
    <p class="more">
      <a href="/api/v1/registry/export" download="ocpi-hub-registry.json">
        Download a backup
      </a>{' '}
      <span class="quiet">with sealed tokens: of use only together with secret_key</span>
    </p>
  )
}

function Facts({ registry }: { registry: Registry }) {
  const { up, loaded, staleness_seconds: stale, alarm, reason, broken = 0, clashes = 0 } = registry
  return (
    <dl class="pairs">
      <div>
        <dt>Store</dt>
        <dd>
          {up ? (
            'answers, and takes writes'
          ) : (
            <strong class="bad">{stale < STALE_SECONDS ? 'takes no writes' : 'does not answer'}</strong>
          )}
        </dd>
      </div>
      <div>
        <dt>Last reading</dt>
        <dd>
          {!loaded ? (
            <strong class="bad">never read: only the platforms of the configuration file are known</strong>
          ) : stale < STALE_SECONDS ? (
            'current'
          ) : (
            <strong class="warn">{duration(stale)} old; requests are routed by it all the same</strong>
          )}
        </dd>
      </div>
      <div>
        <dt>Platforms</dt>
        <dd>
          {count(registry.platforms)} <span class="quiet">in revision {count(registry.revision)}</span>
        </dd>
      </div>
      {reason !== undefined && !alarm && (
        <div>
          <dt>What is wrong</dt>
          <dd>{reason}</dd>
        </div>
      )}
      {broken > 0 && (
        <div>
          <dt>Unreadable</dt>
          <dd class="warn">{count(broken)} stored platforms are left out</dd>
        </div>
      )}
      {clashes > 0 && (
        <div>
          <dt>Clashes</dt>
          <dd class="warn">{count(clashes)} stored platforms claim what the configuration file claims</dd>
        </div>
      )}
    </dl>
  )
}

/** Keys of secret_key: of interest while one is being changed for another. */
function Keys() {
  const keys = useResource<RegistryKeys>('/registry/keys', { everyMs: KEYS_EVERY_MS })
  return (
    <>
      <h3>Keys of secret_key</h3>
      <Loaded from={keys}>
        {({ items, waiting, locked_out: lockedOut = [] }) => (
          <ul class="plain">
            {items.map((key) => (
              <li key={key.id}>
                <code>{key.id}</code> <KeyUse {...key} />
              </li>
            ))}
            {waiting.length > 0 && (
              <li class="warn">
                {count(waiting.length)} platforms are let in by an older key only, until their next request
              </li>
            )}
            {lockedOut.length > 0 && (
              <li class="warn">
                {count(lockedOut.length)} platforms get 401 until the missing key stands in secret_key again
              </li>
            )}
          </ul>
        )}
      </Loaded>
    </>
  )
}

function KeyUse({ place, in_use: inUse, sealed, hashed }: RegistryKeys['items'][number]) {
  if (place === undefined) {
    return <strong class="bad">secret_key lacks it: {count(sealed)} platforms cannot be read</strong>
  }
  const needs = `${count(sealed)} ${sealed === 1 ? 'token' : 'tokens'} sealed with it, ${count(hashed)} hashed`
  if (inUse) return <span>in use: {needs}</span>
  return sealed + hashed > 0 ? (
    <span class="warn">older, still needed: {needs}</span>
  ) : (
    <span>not needed: it may be taken away</span>
  )
}

type Decision = 'restore' | 'confirm'

function Shrunk({ registry, onClose }: { registry: Registry; onClose: () => void }) {
  const mayOperate = useMayOperate()
  const [asked, setAsked] = useState<Decision>()
  return (
    <div class="failed" role="alert">
      <p>
        <strong>The registry has shrunk.</strong> Its store came back with fewer platforms than it had. The
        hubs go on with the {count(registry.platforms)} they remember and refuse changes until you decide.
      </p>
      <p>
        <strong>Do not restart a hub before that:</strong> what it remembers is in its memory alone.
      </p>
      {mayOperate ? (
        <div class="actions">
          <button type="button" onClick={() => setAsked('restore')}>
            Restore them …
          </button>
          <button type="button" class="danger" onClick={() => setAsked('confirm')}>
            They are gone …
          </button>
        </div>
      ) : (
        <p>Somebody whose token may operate must decide.</p>
      )}
      {asked && (
        <Decide
          decision={asked}
          onClose={() => {
            setAsked(undefined)
            onClose()
          }}
        />
      )}
    </div>
  )
}

function Decide({ decision, onClose }: { decision: Decision; onClose: () => void }) {
  const restores = decision === 'restore'
  return (
    <Confirm<Registry>
      title={restores ? 'Restore the registry' : 'Accept the loss'}
      label={restores ? 'Write them back' : 'Forget them'}
      dangerous={!restores}
      run={() => call<Registry>(`/registry/${decision}`, { method: 'POST' })}
      done={(after) => (
        <p role="status">
          {restores ? 'They are written back.' : 'They are forgotten.'} The registry has{' '}
          {count(after.platforms)} platforms.
        </p>
      )}
      onClose={onClose}
    >
      <p>
        {restores
          ? 'What the store has lost is written back from the memory of this hub, for all hubs.'
          : 'The platforms that the store has lost are forgotten, on all hubs. Each would have to register anew; this cannot be undone without a backup.'}
      </p>
    </Confirm>
  )
}
