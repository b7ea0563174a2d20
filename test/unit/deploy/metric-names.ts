// Which metrics an expression of Prometheus asks for, and which ones a hub shows.

export interface Selector {
  readonly metric: string
  /** Names of labels it matches by. */
  readonly labels: readonly string[]
}

const SELECTOR = /\b((?:ocpi_hub|process|nodejs)_[a-z0-9_]+)(?:\{([^}]*)\})?/g
const GROUPING = /\b(?:by|without) *\(([^)]*)\)/g

/** Metrics of a hub in an expression. */
export function selectorsOf(expression: string): Selector[] {
  return [...expression.matchAll(SELECTOR)].map(([, metric, matchers = '']) => ({
    metric: metric!,
    labels: [...matchers.matchAll(/(\w+) *(?:=~|!~|!=|=)/g)].map(([, name]) => name!),
  }))
}

/** `x_seconds` of `x_seconds_bucket`: the name a histogram is declared by. */
export function familyOf(metric: string): string {
  return metric.replace(/_(bucket|sum|count)$/, '')
}

/** Labels an expression groups by. */
export function groupingsOf(expression: string): string[] {
  return [...expression.matchAll(GROUPING)].flatMap(([, names]) =>
    names!.split(',').map((name) => name.trim()),
  )
}

/** Sample names of a `/metrics` page, each with the labels seen on it; none while it has no sample. */
export function samplesOf(page: string): Map<string, ReadonlySet<string>> {
  const samples = new Map<string, Set<string>>()
  for (const line of page.split('\n')) {
    const [, declared] = /^# TYPE (\S+) (?:gauge|counter)$/.exec(line) ?? []
    if (declared !== undefined) samples.set(declared, new Set())
    const [, name, labels = ''] = /^([a-z_:][\w:]*)(?:\{(.*)\})? /i.exec(line) ?? []
    if (name === undefined) continue
    const known = samples.get(name) ?? new Set()
    for (const [, label] of labels.matchAll(/(\w+)="/g)) known.add(label!)
    samples.set(name, known)
  }
  return samples
}
