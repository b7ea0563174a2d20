// `ocpi-hub explain CODE`: what a status code or fault means, who is at fault, what to do. Needs no running hub.

import type { Command } from 'commander'
import { findCodes, suggestCodes, type CatalogueEntry } from '../dialects/catalogue.ts'
import { DIALECTS } from '../dialects/dialect.ts'
import { statusCode } from '../faults/status.ts'
import {
  FAULT_CODES,
  FAULTS,
  isFaultCode,
  RECOVERIES,
  type FaultCode,
  type FaultRow,
} from '../faults/table.ts'
import { failure, type CliContext } from './context.ts'
import { printJson, printLabelled, printTable, styled } from './output.ts'

function systemText(system: CatalogueEntry['system']): string {
  if (system === 'ocpi') return 'OCPI status code'
  return system === 'hub'
    ? 'fault found by the hub'
    : `error of ${DIALECTS[system].title}, as a platform with "errors: ${system}" answers it`
}

const REACHED: Readonly<Record<FaultRow['reached'], string>> = {
  no: 'no, the party never saw the request',
  maybe: 'maybe, the party may have processed the request',
  yes: 'yes, the party received the request',
}

export function addExplain(program: Command, context: CliContext): void {
  program
    .command('explain')
    .description('say what a status code or fault means, who is at fault, and what to do')
    .argument(
      '<code>',
      'OCPI status code (4003), fault (dns_error), or a code of another format (ORDER_EXPIRED)',
    )
    .option('--json', 'print JSON')
    .action((code: string, { json }: { json?: boolean }) => {
      const entries = findCodes(code)
      if (entries.length === 0) throw failure(unknownText(code))
      if (json) printJson(context, { items: entries.map(toJson) })
      else entries.forEach((entry, index) => printEntry(context, entry, index))
    })
}

function unknownText(code: string): string {
  const near = suggestCodes(code)
  const hint = near.length === 0 ? 'ERRORS.md lists all codes' : `did you mean ${near.join(', ')}?`
  return `no code "${code.slice(0, 64)}" is known (${hint})`
}

function printEntry(context: CliContext, entry: CatalogueEntry, index: number): void {
  if (index > 0) context.out('')
  const row = entry.system === 'hub' && isFaultCode(entry.code) ? FAULTS[entry.code] : undefined
  const name = entry.slug === undefined ? entry.code : `${entry.slug}/${entry.code}`
  context.out(`${styled(context, 'bold', name)}  ${systemText(entry.system)}`)
  printLabelled(context, [
    ['means', entry.meaning],
    ['category', entry.category],
    ['answered', row ? answerText(row) : otherAnswerText(entry)],
    ['in versions', entry.versions?.join(', ')],
    ['whose side', entry.at === 'none' ? undefined : entry.at],
    ['reached', row && REACHED[row.reached]],
    ['do next', entry.recovery && `${entry.recovery}: ${RECOVERIES[entry.recovery]}`],
    ['advice', entry.advice],
    ['likely cause', entry.likely_cause],
  ])
  const faults = faultsWith(entry)
  if (faults.length === 0) return
  context.out(`\nFaults for which the hub itself answers ${entry.code} (data.fault tells which):`)
  printTable(context, faults, [
    { title: 'FAULT', text: (fault) => fault },
    { title: 'AT', text: (fault) => FAULTS[fault].at },
    { title: 'RECOVERY', text: (fault) => FAULTS[fault].recovery },
    { title: 'WHEN', text: (fault) => FAULTS[fault].when },
  ])
}

/** What requesters get, and what those on older versions get instead. */
function answerText(row: FaultRow): string {
  const older = (['2.2', '2.1.1', '2.0'] as const)
    .filter((version) => statusCode(row, version) !== row.ocpi)
    .map((version) => `${statusCode(row, version)} to a requester on ${version}`)
  return [`HTTP ${row.http}, OCPI ${row.ocpi}`, ...older].join('; ')
}

function otherAnswerText({ system, http, becomes }: CatalogueEntry): string | undefined {
  if (becomes !== undefined) return `HTTP ${http} by the platform; the requester gets ${becomes}`
  return system === 'ocpi' && http !== undefined ? `HTTP ${http}` : undefined
}

function toJson(entry: CatalogueEntry): object {
  const faults = faultsWith(entry)
  return faults.length === 0 ? entry : { ...entry, faults }
}

function faultsWith(entry: CatalogueEntry): FaultCode[] {
  return entry.system === 'ocpi'
    ? FAULT_CODES.filter((fault) => String(FAULTS[fault].ocpi) === entry.code)
    : []
}
