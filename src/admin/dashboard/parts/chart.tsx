// A chart over time (uPlot), as wide as its place, in the colours of the page's scheme. The same numbers are given as
// a table for those who cannot see it, and lines differ by dash as well as by colour.

import 'uplot/dist/uPlot.min.css'
import { useEffect, useRef, useState } from 'preact/hooks'
import uPlot from 'uplot'
import { count } from '../words.ts'

export interface Line {
  readonly label: string
  /** Name of the CSS variable of its colour. */
  readonly color: string
  /** Lengths of dash and gap; absent = solid. */
  readonly dash?: readonly number[]
  /** Name of the CSS variable of the area below it; absent = none. */
  readonly fill?: string
  /** One for each time; null = not known. */
  readonly values: readonly (number | null)[]
}

export interface ChartProps {
  readonly title: string
  /** What the numbers are, e.g. `per second`. */
  readonly unit: string
  /** Seconds since the epoch. */
  readonly times: readonly number[]
  readonly lines: readonly Line[]
}

const HEIGHT = 170
/** Rows of the table: a screen reader does not want three hundred. */
const TABLE_ROWS = 12

export function Chart({ title, unit, times, lines }: ChartProps) {
  const place = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot | undefined>(undefined)
  const scheme = useScheme()
  const data: uPlot.AlignedData = [[...times], ...lines.map(({ values }) => [...values])]
  const latest = useRef(data)
  latest.current = data
  const look = lines.map(({ label, color, dash, fill }) => [label, color, dash, fill].join()).join('|')

  useEffect(() => {
    const element = place.current!
    const made = new uPlot(toOptions(element, lines), latest.current, element)
    chart.current = made
    const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }))
    resized.observe(element)
    return () => {
      resized.disconnect()
      made.destroy()
      chart.current = undefined
    }
  }, [look, scheme])
  useEffect(() => chart.current?.setData(data), [times, lines])

  return (
    <figure class="chart">
      <figcaption>
        <h2>
          {title} <span class="quiet">{unit}</span>
        </h2>
        <ul class="legend">
          {lines.map((line) => (
            <li key={line.label}>
              <LineSample line={line} />
              {line.label}
            </li>
          ))}
        </ul>
      </figcaption>
      <div ref={place} class="plot" aria-hidden="true" />
      <NumbersTable title={title} unit={unit} times={times} lines={lines} />
    </figure>
  )
}

function LineSample({ line }: { line: Line }) {
  return (
    <svg class={`line-sample stroke${line.color}`} viewBox="0 0 22 8" aria-hidden="true">
      <path d="M0 4 H22" stroke-dasharray={line.dash?.join(' ')} />
    </svg>
  )
}

function NumbersTable({ title, unit, times, lines }: ChartProps) {
  const step = Math.max(1, Math.ceil(times.length / TABLE_ROWS))
  const rows = times.map((time, index) => ({ time, index })).filter(({ index }) => index % step === 0)
  return (
    <div class="unseen">
      <table>
        <caption>
          {title}, {unit}
        </caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {lines.map(({ label }) => (
              <th scope="col" key={label}>
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ time, index }) => (
            <tr key={time}>
              <th scope="row">{new Date(time * 1000).toLocaleTimeString()}</th>
              {lines.map(({ label, values }) => (
                <td key={label}>
                  {count(
                    values.slice(index, index + step).reduce<number>((sum, value) => sum + (value ?? 0), 0),
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function toOptions(element: HTMLElement, lines: readonly Line[]): uPlot.Options {
  const style = getComputedStyle(element)
  const color = (name: string): string => style.getPropertyValue(name).trim()
  const axis = {
    stroke: color('--text-quiet'),
    grid: { stroke: color('--line-soft'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  }
  return {
    width: element.clientWidth,
    height: HEIGHT,
    padding: [8, 18, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
    scales: {
      x: { time: true },
      y: { range: (_chart, _low, high) => [0, Math.max(1, high * 1.1)] },
    },
    axes: [
      { ...axis, size: 26, space: 70, values: (_chart, ticks) => ticks.map(hourAndMinute) },
      { ...axis, size: 44, space: 34, values: (_chart, ticks) => ticks.map((tick) => shortNumber(tick)) },
    ],
    series: [
      {},
      ...lines.map((line) => ({
        label: line.label,
        stroke: color(line.color),
        width: 1.5,
        // One value alone makes no line: that of a hub in its first minute would not be seen at all.
        points: { show: isAlone, size: 7, fill: color(line.color) },
        ...(line.dash ? { dash: [...line.dash] } : {}),
        ...(line.fill ? { fill: color(line.fill) } : {}),
      })),
    ],
  }
}

function isAlone({ data }: uPlot, series: number): boolean {
  const values = Array.from(data[series] as ArrayLike<number | null>)
  return values.filter((value) => value !== null).length === 1
}

function hourAndMinute(seconds: number): string {
  const date = new Date(seconds * 1000)
  return `${String(date.getHours()).padStart(2, '0')}:${String(date.getMinutes()).padStart(2, '0')}`
}

function shortNumber(value: number): string {
  return value >= 1000 ? `${value / 1000}k` : String(Math.round(value * 100) / 100)
}

/** Changes with the scheme, so that the chart is drawn anew. */
function useScheme(): boolean {
  const [dark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches)
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)')
    const onChange = (): void => setDark(query.matches)
    query.addEventListener('change', onChange)
    return () => query.removeEventListener('change', onChange)
  }, [])
  return dark
}
