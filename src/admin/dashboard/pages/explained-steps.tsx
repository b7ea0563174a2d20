// The hub's explanation of a request: each step with its finding, and what comes of it in the end.

import { SideMark } from '../parts/marks.tsx'
import type { Side } from '../api/types.ts'
import { Answer } from './token-once.tsx'

interface Step {
  readonly step?: string
  readonly finding?: string
}

export function ExplainedSteps({ value }: { value: unknown }) {
  const { steps = [], ...rest } = (value ?? {}) as { steps?: readonly Step[] }
  const { at } = rest as { at?: Side }
  return (
    <div class="explained" role="status">
      <ol class="steps numbered">
        {steps.map(({ step, finding }, index) => (
          <li key={index}>
            <span class="step-name">{step?.replaceAll('_', ' ')}</span>
            <span>{finding}</span>
          </li>
        ))}
      </ol>
      {at && (
        <p>
          <SideMark side={at} /> must act.
        </p>
      )}
      <Answer value={rest} />
    </div>
  )
}
