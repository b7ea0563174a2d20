// Controls that several pages use: pages of a list, copying, dialogs that keep the keyboard inside.

import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'

/** Goes through a list page by page. `stack` = cursors of the pages before this one. */
export function Pager({
  stack,
  next,
  onMove,
  what,
}: {
  stack: readonly string[]
  next: string | undefined
  onMove: (stack: readonly string[]) => void
  what: string
}) {
  if (stack.length === 0 && next === undefined) return null
  return (
    <nav class="pager" aria-label={`Pages of ${what}`}>
      <button type="button" disabled={stack.length === 0} onClick={() => onMove(stack.slice(0, -1))}>
        ← Previous
      </button>
      <span>Page {stack.length + 1}</span>
      <button
        type="button"
        disabled={next === undefined}
        onClick={() => next !== undefined && onMove([...stack, next])}
      >
        Next →
      </button>
    </nav>
  )
}

/** Copies `text`; says so for a moment. */
export function CopyButton({ text, label = 'Copy' }: { text: string; label?: string }) {
  const [said, setSaid] = useState('')
  useEffect(() => {
    if (said === '') return
    const timer = setTimeout(() => setSaid(''), 2000)
    return () => clearTimeout(timer)
  }, [said])
  // Browsers give the clipboard to TLS and loopback only; the text can always be selected by hand.
  const copy = (): void => {
    if (!navigator.clipboard) return setSaid('Select it by hand')
    navigator.clipboard.writeText(text).then(
      () => setSaid('Copied'),
      () => setSaid('Select it by hand'),
    )
  }
  return (
    <button type="button" class="small" onClick={copy} aria-live="polite">
      {said || label}
    </button>
  )
}

/** A modal dialog: the browser keeps the keyboard inside, Escape closes it, and what had the focus gets it back. */
export function Dialog({
  title,
  onClose,
  children,
}: {
  title: string
  onClose: () => void
  children: ComponentChildren
}) {
  const ref = useRef<HTMLDialogElement>(null)
  const heading = useId()
  useEffect(() => {
    const before = document.activeElement
    const dialog = ref.current
    dialog?.showModal()
    return () => {
      dialog?.close()
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])
  return (
    <dialog
      ref={ref}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
    >
      <h2 id={heading}>{title}</h2>
      {children}
    </dialog>
  )
}

/** A labelled field; `error` is what is wrong with it. */
export function Field({
  label,
  hint,
  error,
  children,
}: {
  label: string
  hint?: string
  error?: string | undefined
  children: ComponentChildren
}) {
  return (
    <label class="field">
      <span class="field-label">{label}</span>
      {children}
      {hint && <span class="field-hint">{hint}</span>}
      {error && (
        <span class="field-error" role="alert">
          {error}
        </span>
      )}
    </label>
  )
}

/** Trimmed text of a form's field; `''` when it has none. */
export function textOf(data: FormData, name: string): string {
  const value = data.get(name)
  return typeof value === 'string' ? value.trim() : ''
}
