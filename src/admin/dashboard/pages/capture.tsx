// What one capture kept: each exchange with both bodies. Reading it is audited, so it is read again only when asked.

import type { CapturedBody, CapturedExchange, CaptureWithItems } from '../api/hub-types.ts'
import { useResource } from '../api/use-resource.ts'
import { correlationUrl } from '../parts/look-up.tsx'
import { Clock } from '../parts/marks.tsx'
import { Empty, Loaded } from '../parts/states.tsx'
import { useMayOperate } from '../session.tsx'
import { count, faultText } from '../words.ts'
import { CaptureState } from './captures.tsx'

export function CapturePage({ id }: { id: string }) {
  const mayOperate = useMayOperate()
  const capture = useResource<CaptureWithItems>(
    mayOperate ? `/captures/${encodeURIComponent(id)}` : undefined,
  )
  const isGone = capture.failure?.status === 404
  return (
    <div class="stack">
      <p>
        <a href="/captures">← All captures</a>
      </p>
      {(isGone || !capture.data) && <h1>Capture</h1>}
      {!mayOperate && (
        <Empty title="Your token may only read: what a capture kept is for those who operate." />
      )}
      {isGone ? (
        <Empty title="There is no such capture.">
          <p>It was dropped, or it ended more than an hour ago.</p>
        </Empty>
      ) : (
        mayOperate && (
          <Loaded from={capture}>
            {(value) => <Kept capture={value} loading={capture.loading} reload={capture.reload} />}
          </Loaded>
        )
      )}
    </div>
  )
}

interface KeptProps {
  readonly capture: CaptureWithItems
  readonly loading: boolean
  readonly reload: () => void
}

function Kept({ capture, loading, reload }: KeptProps) {
  const { party, module, items, left_out: leftOut } = capture
  return (
    <>
      <div class="title-row">
        <h1>
          {module} of {party}
        </h1>
        <CaptureState capture={capture} />
        <button type="button" onClick={reload} disabled={loading}>
          Refresh
        </button>
      </div>
      <section class="card" aria-labelledby="exchanges">
        <h2 id="exchanges">
          Exchanges{' '}
          <span class="quiet">
            {count(items.length)} kept{leftOut > 0 && `, ${count(leftOut)} more left out because it is full`}
          </span>
        </h2>
        {items.length === 0 ? (
          <Empty title="Nothing of this party and module came yet." />
        ) : (
          <div class="deliveries captured">
            {items.toReversed().map((item) => (
              <Exchange key={item.request_id + item.time} item={item} />
            ))}
          </div>
        )}
      </section>
    </>
  )
}

function Exchange({ item }: { item: CapturedExchange }) {
  return (
    <details>
      <summary>
        <Clock time={item.time} ms />
        <strong>
          {item.from ?? 'unknown'} → {item.to ?? 'none'}
        </strong>
        <span>
          <span class="method">{item.method}</span> <code class="long">{item.path}</code>
        </span>
        <span>{outcomeText(item)}</span>
      </summary>
      <div class="bodies">
        <p>
          <a href={correlationUrl(item.correlation_id)}>Time line of the exchange</a>{' '}
          <span class="quiet">
            request id <code class="long">{item.request_id}</code>
            {item.forwarded_request_id && (
              <>
                , forwarded as <code class="long">{item.forwarded_request_id}</code>
              </>
            )}
            {item.hub && `, through ${item.hub}`}
          </span>
        </p>
        <Body title="Request" body={item.request} />
        <Body title={answerTitle(item)} body={item.answer} />
      </div>
    </details>
  )
}

function outcomeText({ fault, code, http_status: http }: CapturedExchange): string {
  if (fault) return faultText({ fault })
  return [code, http === undefined ? undefined : `HTTP ${http}`]
    .filter((part) => part !== undefined)
    .join(', ')
}

function answerTitle({ responder_http_status: theirs }: CapturedExchange): string {
  return theirs === undefined ? 'Answer' : `What the responder sent, HTTP ${theirs}`
}

const OMITTED: Readonly<Record<NonNullable<CapturedBody['omitted']>, string>> = {
  not_json: 'not kept: it is no JSON, so secrets in it cannot be told',
  too_large: 'not kept: it is too large',
  coded: 'not kept: it came in a coding that the hub does not read',
}

function Body({ title, body }: { title: string; body: CapturedBody | undefined }) {
  return (
    <section aria-label={title}>
      <h3>
        {title}{' '}
        {body && (
          <span class="quiet">
            {count(body.bytes)} bytes{body.plain && ', no JSON'}
          </span>
        )}
      </h3>
      {!body && <p class="quiet">no body</p>}
      {body?.omitted && <p class="quiet">{OMITTED[body.omitted]}</p>}
      {body?.text !== undefined && (
        <pre class="body" tabIndex={0} role="region" aria-label={`${title} body`}>
          {body.text}
          {body.truncated && '\n…'}
        </pre>
      )}
    </section>
  )
}
