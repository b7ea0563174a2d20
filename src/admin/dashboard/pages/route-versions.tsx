// Earlier rules, each of which can be put in effect again, and the way back to those of the configuration file.

import { useState } from 'preact/hooks'
import { counted } from '../../../journal/text.ts'
import { call, type Result } from '../api/client.ts'
import type { Page, RouteList, RouteVersion } from '../api/types.ts'
import { useResource } from '../api/use-resource.ts'
import { Confirm } from '../parts/confirm.tsx'
import { Ago } from '../parts/marks.tsx'
import { Loaded } from '../parts/states.tsx'
import { useMayOperate } from '../session.tsx'

interface Change {
  readonly title: string
  readonly question: string
  readonly run: () => Promise<Result<unknown>>
}

function restore({ version, rules }: RouteVersion): Change {
  return {
    title: `Restore version ${version}`,
    question: `Its ${counted(rules, 'rule')} ${rules === 1 ? 'stands' : 'stand'} in for the present ones, on all hubs.`,
    run: () => call('/routes/restore', { method: 'POST', body: { version } }),
  }
}

const BACK_TO_FILE: Change = {
  title: 'Back to the file',
  question: 'The rules of the configuration file of each hub are in effect again.',
  run: () => call('/routes', { method: 'DELETE' }),
}

export function RouteVersions({ current, onChange }: { current: RouteList; onChange: () => void }) {
  const versions = useResource<Page<RouteVersion>>('/routes/versions')
  const [asked, setAsked] = useState<Change>()
  const mayOperate = useMayOperate()
  const earlier = versions.data?.items.filter(({ version }) => version !== current.version) ?? []
  if (current.source === 'file' && earlier.length === 0) return null
  return (
    <section class="card" aria-labelledby="versions">
      <div class="card-head">
        <h2 id="versions">Earlier rules</h2>
        {mayOperate && current.source === 'registry' && (
          <button type="button" onClick={() => setAsked(BACK_TO_FILE)}>
            {BACK_TO_FILE.title}
          </button>
        )}
      </div>
      <Loaded from={versions}>
        {() => (
          <ul class="plain">
            {earlier.map((one) => (
              <li key={one.version}>
                Version {one.version}:{' '}
                {one.source === 'file' ? 'those of the file' : counted(one.rules, 'rule')}{' '}
                <span class="quiet">
                  {one.updated_by} {one.updated && <Ago time={one.updated} />}
                </span>{' '}
                {mayOperate && (
                  <button type="button" class="link" onClick={() => setAsked(restore(one))}>
                    Restore
                  </button>
                )}
              </li>
            ))}
            {earlier.length === 0 && <li class="quiet">There are none.</li>}
          </ul>
        )}
      </Loaded>
      {asked && (
        <Confirm
          title={asked.title}
          label={asked.title}
          run={asked.run}
          onClose={(changed) => {
            setAsked(undefined)
            if (changed) onChange()
          }}
        >
          <p>{asked.question}</p>
        </Confirm>
      )}
    </section>
  )
}
