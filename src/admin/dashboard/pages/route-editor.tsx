// Edits all rules as one text. What is no YAML is told here with its line; what is no rule is told by the hub, which
// takes all of them or none.

import { useEffect, useRef, useState } from 'preact/hooks'
import { type Document, LineCounter, parseDocument, stringify, visit } from 'yaml'
import { call, type Failure } from '../api/client.ts'
import type { RouteItem } from '../api/types.ts'
import { Failed } from '../parts/states.tsx'

const EXAMPLE = `# One rule per item; the first that matches wins. For example:
# - { from: "NL-*", to: DE-CPO, module: commands, timeout: 60s }
# - { from: "XX-*", module: cdrs, action: deny }
`

/** As the configuration file may have. */
const ALIASES_MAX = 100
const TOO_MANY = Symbol('too many aliases')

interface Mistake {
  readonly line: number
  readonly column: number
  readonly message: string
}

/** Offset in the text, and what is wrong there. */
type Slip = readonly [at: number, message: string]

/** The rules in a text, or what is wrong with it as YAML. JSON is YAML too. */
function readRules(text: string): { rules: unknown[] } | { mistakes: Mistake[] } {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const slips = document.errors.map(({ pos, message }): Slip => [pos[0], message])
  const all = slips.length > 0 ? slips : brokenAliases(document)
  if (all.length > 0) {
    return {
      mistakes: all.map(([at, message]) => {
        const { line, col } = lines.linePos(at)
        return { line, column: col, message }
      }),
    }
  }
  const value = valueOf(document)
  if (value === TOO_MANY) {
    return { mistakes: [{ line: 1, column: 1, message: `There are more than ${ALIASES_MAX} aliases.` }] }
  }
  if (value === null || value === undefined) return { rules: [] }
  if (Array.isArray(value)) return { rules: value }
  return { mistakes: [{ line: 1, column: 1, message: 'The rules must be a list: each begins with "- ".' }] }
}

/** Aliases that stand for nothing, or for what they are part of, which no JSON can say. */
function brokenAliases(document: Document): Slip[] {
  const slips: Slip[] = []
  visit(document, {
    Alias(_key, alias, path) {
      const at = alias.range?.[0] ?? 0
      const target = alias.resolve(document)
      if (!target)
        slips.push([at, 'No anchor stands before this alias; a text that starts with * needs quotes.'])
      else if (path.includes(target)) slips.push([at, 'This alias stands inside of what it stands for.'])
    },
  })
  return slips
}

/** The library counts what aliases stand for together, and throws when that is too much to write out. */
function valueOf(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: ALIASES_MAX })
  } catch {
    return TOO_MANY
  }
}

export function RouteEditor({
  items,
  etag,
  onClose,
}: {
  items: readonly RouteItem[]
  /** Of the rules that are edited: a change of somebody else in the meantime is not overwritten. */
  etag: string | undefined
  onClose: (changed: boolean) => void
}) {
  const [text, setText] = useState(() => (items.length === 0 ? EXAMPLE : stringify(items)))
  const [mistakes, setMistakes] = useState<readonly Mistake[]>([])
  const [failure, setFailure] = useState<Failure>()
  const [busy, setBusy] = useState(false)
  const area = useRef<HTMLTextAreaElement>(null)
  useEffect(() => area.current?.focus(), [])

  const save = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    setFailure(undefined)
    const read = readRules(text)
    setMistakes('mistakes' in read ? read.mistakes : [])
    if ('mistakes' in read) return
    setBusy(true)
    const result = await call('/routes', { method: 'PUT', body: { items: read.rules }, ifMatch: etag })
    setBusy(false)
    if (result.ok) onClose(true)
    else setFailure(inRules(result.failure))
  }

  return (
    <form class="editor" onSubmit={(event) => void save(event)}>
      <label class="field">
        <span class="field-label">All rules, as YAML or JSON, in the words of the configuration file</span>
        <textarea
          ref={area}
          rows={Math.min(30, Math.max(8, text.split('\n').length + 1))}
          spellcheck={false}
          autocapitalize="off"
          value={text}
          aria-invalid={mistakes.length > 0 || failure !== undefined}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      {mistakes.length > 0 && (
        <ul class="failed" role="alert">
          {mistakes.map((mistake) => (
            <li key={`${mistake.line}:${mistake.column}`}>
              <button type="button" class="link" onClick={() => goToLine(area.current, mistake)}>
                Line {mistake.line}, column {mistake.column}
              </button>
              : {mistake.message}
            </li>
          ))}
        </ul>
      )}
      {failure && <Failed failure={failure} />}
      <div class="actions">
        <button type="submit" class="primary" disabled={busy}>
          {busy ? 'Working …' : 'Use these rules'}
        </button>
        <button type="button" onClick={() => onClose(false)}>
          Cancel
        </button>
      </div>
    </form>
  )
}

/** `items.0.to` is rule 1: to. */
function inRules(failure: Failure): Failure {
  const errors = failure.errors.map(({ parameter, message }) => {
    const [, index, member = ''] = /^items\.(\d+)\.?(.*)$/.exec(parameter) ?? []
    return {
      parameter: index === undefined ? parameter : `rule ${Number(index) + 1} ${member}`.trim(),
      message,
    }
  })
  return { ...failure, errors }
}

function goToLine(area: HTMLTextAreaElement | null, { line, column }: Mistake): void {
  if (!area) return
  const lines = area.value.split('\n')
  const start = lines.slice(0, line - 1).reduce((sum, before) => sum + before.length + 1, 0)
  area.focus()
  area.setSelectionRange(start + column - 1, start + (lines[line - 1]?.length ?? 0))
}
