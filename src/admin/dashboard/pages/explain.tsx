// What would happen to a request, step by step, without sending it. The request is in the address bar.

import { INTERFACES } from '../../../ocpi/module.ts'
import { queryText } from '../api/client.ts'
import type { Explanation } from '../api/types.ts'
import { useResource } from '../api/use-resource.ts'
import { textOf } from '../parts/controls.tsx'
import { Loaded } from '../parts/states.tsx'
import { goTo } from '../router.ts'
import { FUNCTIONAL_MODULES } from '../words.ts'
import { ExplainedSteps } from './explained-steps.tsx'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
const NAMES = ['from', 'to', 'module', 'interface', 'method', 'path'] as const

export function Explain({ query }: { query: URLSearchParams }) {
  const asked = query.has('from') && query.has('module')
  const request = Object.fromEntries(NAMES.map((name) => [name, query.get(name) ?? undefined]))
  const path = asked ? `/routes/explain${queryText(request)}` : undefined
  const explained = useResource<Explanation>(path)

  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const data = new FormData(event.currentTarget as HTMLFormElement)
    const values = Object.fromEntries(NAMES.map((name) => [name, textOf(data, name)]))
    const url = `/routes${queryText(values)}`
    if (url === location.pathname + location.search) explained.reload()
    else goTo(url)
  }

  return (
    <section class="card" aria-labelledby="explain">
      <h2 id="explain">
        Explain <span class="quiet">nothing is sent</span>
      </h2>
      <form class="filters" onSubmit={submit} key={path}>
        <TextField name="from" label="Sender" hint="e.g. NL-EMS" value={request.from} required />
        <TextField name="to" label="Receiver" hint="none" value={request.to} />
        <Choice
          name="module"
          label="Module"
          options={FUNCTIONAL_MODULES}
          value={request.module ?? 'locations'}
        />
        <Choice
          name="interface"
          label="Interface"
          options={INTERFACES}
          value={request.interface ?? 'SENDER'}
        />
        <Choice name="method" label="Method" options={METHODS} value={request.method ?? 'GET'} />
        <TextField name="path" label="Path below it" hint="e.g. /LOC1" value={request.path} />
        <button type="submit" class="primary">
          Explain
        </button>
      </form>
      {asked ? (
        <Loaded from={explained}>{(value) => <ExplainedSteps value={value} />}</Loaded>
      ) : (
        <p class="quiet">
          Say who asks whom for what: the hub tells which rule applies, where it would send the request, or
          which code it would answer and why. Without a receiver it is a request without TO headers.
        </p>
      )}
    </section>
  )
}

function TextField({
  name,
  label,
  hint,
  value,
  required = false,
}: {
  name: string
  label: string
  hint: string
  value: string | undefined
  required?: boolean
}) {
  return (
    <label class="filter">
      <span>{label}</span>
      <input
        name={name}
        defaultValue={value ?? ''}
        placeholder={hint}
        required={required}
        autocapitalize="characters"
        spellcheck={false}
      />
    </label>
  )
}

function Choice({
  name,
  label,
  options,
  value,
}: {
  name: string
  label: string
  options: readonly string[]
  value: string
}) {
  // A custom module of the address bar can be chosen as well.
  const all = options.includes(value) ? options : [...options, value]
  return (
    <label class="filter">
      <span>{label}</span>
      <select name={name}>
        {all.map((option) => (
          <option key={option} selected={option === value}>
            {option}
          </option>
        ))}
      </select>
    </label>
  )
}
