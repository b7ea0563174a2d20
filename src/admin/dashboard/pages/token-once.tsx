// What a change answered: a token that is shown this once, and everything else as it came.

import { CopyButton } from '../parts/controls.tsx'

/** A token in an answer, with what to tell the other side. */
export function TokenOnce({ answer }: { answer: unknown }) {
  const { token, versions_url: versionsUrl } = (answer ?? {}) as { token?: unknown; versions_url?: unknown }
  if (typeof token !== 'string') return null
  return (
    <div class="token-once">
      <p>
        <strong>This token is shown only now.</strong> Hand it to the operator of the platform over a safe
        way, together with the versions URL.
      </p>
      <dl class="pairs">
        <div>
          <dt>Token</dt>
          <dd>
            <code class="long">{token}</code> <CopyButton text={token} label="Copy token" />
          </dd>
        </div>
        {typeof versionsUrl === 'string' && (
          <div>
            <dt>Versions URL</dt>
            <dd>
              <code class="long">{versionsUrl}</code> <CopyButton text={versionsUrl} label="Copy URL" />
            </dd>
          </div>
        )}
      </dl>
    </div>
  )
}

/** In the title, in the sentence above, or by `TokenOnce`. */
const TOLD_ELSEWHERE: ReadonlySet<string> = new Set(['id', 'ok', 'token', 'versions_url'])

/** Any answer, member by member; members that are things themselves as JSON. */
export function Answer({ value }: { value: unknown }) {
  if (typeof value !== 'object' || value === null) return null
  const members = Object.entries(value).filter(([name]) => !TOLD_ELSEWHERE.has(name))
  if (members.length === 0) return null
  return (
    <dl class="pairs answer">
      {members.map(([name, member]) => (
        <div key={name}>
          <dt>{name.replaceAll('_', ' ')}</dt>
          <dd>
            {typeof member === 'object' ? <pre>{JSON.stringify(member, null, 2)}</pre> : String(member)}
          </dd>
        </div>
      ))}
    </dl>
  )
}
