// The hub's explanation of a request: what its sender would get, then each step with its finding.

import type { Explanation } from '../api/types.ts'
import { SideMark, StatusMark } from '../parts/marks.tsx'
import { faultText, milliseconds } from '../words.ts'

const WAYS: Readonly<Record<string, string>> = {
  direct: 'It would be forwarded.',
  open: 'It would be forwarded to the receiver that its content names.',
  ask: 'It would be asked of all of these; the first that answers 1000 wins.',
  broadcast: 'It would be pushed to all of these.',
  'get-all': 'The lists of all of these would be joined.',
  hub: 'The hub answers it itself.',
}

export function ExplainedSteps({ value }: { value: Explanation }) {
  return (
    <div class="explained" role="status">
      {value.fault ? <Refusal value={value} /> : <Way value={value} />}
      <ol class="steps numbered">
        {value.steps.map(({ step, finding }, index) => (
          <li key={index}>
            <span class="step-name">{step.replaceAll('_', ' ')}</span>
            <span>{finding}</span>
          </li>
        ))}
      </ol>
    </div>
  )
}

function Refusal({ value }: { value: Explanation }) {
  return (
    <div class="outcome">
      <p>
        <strong>It would be refused: </strong>
        <a href={`/codes?q=${encodeURIComponent(value.fault ?? '')}`}>
          <span class="code">{value.status_code}</span> {faultText({ fault: value.fault })}
        </a>
        <span class="quiet"> HTTP {value.http_status}</span>
      </p>
      {value.status_message && <p>{value.status_message}</p>}
      <p>
        <SideMark side={value.at} /> must act. {value.advice}
      </p>
    </div>
  )
}

function Way({ value: { way, targets = [] } }: { value: Explanation }) {
  return (
    <div class="outcome">
      <p>
        <strong>{WAYS[way ?? ''] ?? way}</strong>
      </p>
      {targets.length > 0 && (
        <ul class="plain">
          {targets.map((target) => (
            <li key={`${target.platform} ${target.party}`}>
              <span class="code">{target.party}</span> on{' '}
              <a href={`/parties/${encodeURIComponent(target.platform)}`}>{target.platform}</a>{' '}
              {target.status && <StatusMark status={target.status} />}
              {target.deadline_ms !== undefined && (
                <span class="quiet"> within {milliseconds(target.deadline_ms)}</span>
              )}
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
