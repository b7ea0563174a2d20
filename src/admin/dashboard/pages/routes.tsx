// The operator's rules: listed in order, edited as YAML or JSON, and explained for one request without sending it.

import { useState } from 'preact/hooks'
import type { RouteItem, RouteList } from '../api/types.ts'
import { useResource } from '../api/use-resource.ts'
import { Ago } from '../parts/marks.tsx'
import { Empty, Loaded } from '../parts/states.tsx'
import type { Place } from '../router.ts'
import { useMayOperate } from '../session.tsx'
import { Explain } from './explain.tsx'
import type { RouteEditor } from './route-editor.tsx'
import { RouteVersions } from './route-versions.tsx'

const MATCHES = ['from', 'to', 'module', 'interface', 'method'] as const

export function Routes({ place: { query } }: { place: Place }) {
  const routes = useResource<RouteList>('/routes')
  // Reading YAML is more code than all the pages together: it is fetched when somebody edits.
  const [Editor, setEditor] = useState<typeof RouteEditor>()
  const [broken, setBroken] = useState(false)
  const edit = (): void => {
    import('./route-editor.tsx').then(
      (loaded) => setEditor(() => loaded.RouteEditor),
      () => setBroken(true),
    )
  }
  const mayOperate = useMayOperate()
  return (
    <div class="stack">
      <h1>Routes</h1>
      <section class="card" aria-labelledby="rules">
        <div class="card-head">
          <h2 id="rules">
            Rules{' '}
            <span class="quiet">
              the first that matches wins
              {routes.data && <Source routes={routes.data} />}
            </span>
          </h2>
          {mayOperate && !Editor && routes.data && (
            <button type="button" onClick={edit}>
              Edit
            </button>
          )}
        </div>
        {broken && (
          <p class="failed" role="alert">
            The editor could not be loaded. Load the page again.
          </p>
        )}
        <Loaded from={routes}>
          {({ items }) =>
            Editor ? (
              <Editor
                items={items}
                etag={routes.etag}
                onClose={(changed) => {
                  setEditor(undefined)
                  if (changed) routes.reload()
                }}
              />
            ) : (
              <RuleTable items={items} />
            )
          }
        </Loaded>
      </section>
      <Explain query={query} />
      {routes.data && (
        <RouteVersions key={routes.data.version} current={routes.data} onChange={routes.reload} />
      )}
    </div>
  )
}

function Source({ routes: { source, updated, updated_by: by } }: { routes: RouteList }) {
  if (source === 'file') return <>; they are those of the configuration file</>
  return (
    <>
      ; set for all hubs{by && ` by ${by}`} {updated && <Ago time={updated} />}
    </>
  )
}

function RuleTable({ items }: { items: readonly RouteItem[] }) {
  if (items.length === 0) {
    return (
      <Empty title="There are no rules.">
        <p>
          Everything is routed by address alone. A rule can deny an exchange, deliver it to another party, or
          set its timeout and rate.
        </p>
      </Empty>
    )
  }
  return (
    <table class="rows cards rules">
      <thead>
        <tr>
          <th scope="col" class="number">
            #
          </th>
          {MATCHES.map((name) => (
            <th scope="col" key={name}>
              {name}
            </th>
          ))}
          <th scope="col">Effect</th>
        </tr>
      </thead>
      <tbody>
        {items.map((rule, index) => (
          <tr key={index}>
            <td data-label="#" class="number">
              {index + 1}
            </td>
            {MATCHES.map((name) => (
              <td data-label={name} key={name} class={rule[name] === undefined ? 'any' : undefined}>
                {rule[name] === undefined ? <span class="quiet">any</span> : valueText(rule[name])}
              </td>
            ))}
            <td data-label="Effect">
              <strong>{effectText(rule)}</strong>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** Everything of a rule that is not about what it matches. */
function effectText(rule: RouteItem): string {
  const effects = Object.entries(rule).filter(([name]) => !(MATCHES as readonly string[]).includes(name))
  return (
    effects
      .map(([name, value]) =>
        name === 'action' ? valueText(value) : `${name.replaceAll('_', ' ')} ${valueText(value)}`,
      )
      .join(', ') || 'none: later rules are not asked'
  )
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueText).join(', ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}
