// Finds an exchange by what people are told: the reference of an error, or a correlation id.

import { useState } from 'preact/hooks'
import { call } from '../api/client.ts'
import type { JournalEntry } from '../api/types.ts'
import { goTo } from '../router.ts'

/** References are 26 characters of Crockford's base 32. */
const REFERENCE = /^[0-9A-HJKMNP-TV-Z]{26}$/i

export function LookUp() {
  const [text, setText] = useState('')
  const [wrong, setWrong] = useState('')

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const wanted = text.trim()
    if (wanted === '') return
    const { url, detail = '' } = REFERENCE.test(wanted)
      ? await placeOf(wanted.toUpperCase())
      : { url: correlationUrl(wanted) }
    setWrong(detail)
    if (url === undefined) return
    setText('')
    goTo(url)
  }

  return (
    <form class="look-up" role="search" onSubmit={(event) => void submit(event)}>
      <input
        type="search"
        aria-label="Reference or correlation id"
        placeholder="Reference or correlation id"
        value={text}
        aria-invalid={wrong !== ''}
        onInput={(event) => {
          setText(event.currentTarget.value)
          setWrong('')
        }}
      />
      <button type="submit">Find</button>
      {wrong !== '' && (
        <span class="field-error" role="alert">
          {wrong}
        </span>
      )}
    </form>
  )
}

/** Address of an exchange's time line, at one of its entries. */
export function correlationUrl(correlationId: string, reference?: string): string {
  const path = `/correlations/${encodeURIComponent(correlationId)}`
  return reference === undefined ? path : `${path}#${reference}`
}

async function placeOf(reference: string): Promise<{ url?: string; detail?: string }> {
  const result = await call<JournalEntry>(`/errors/${reference}`)
  if (!result.ok) return { detail: result.failure.detail }
  return { url: correlationUrl(result.value.correlation_id, reference) }
}
