// What differs between the versions of OCPI, one row per version. A version is a row here, never a code path.

/** Versions a platform may speak; `2.0` only as a version of requesters and of status code lists. */
export type VersionNumber = '2.0' | '2.1.1' | '2.2' | '2.2.1' | '2.3.0'

export interface VersionRow {
  /** Routing headers and interface roles in endpoints exist (R41, R15). */
  readonly routed: boolean
  /** Versions of one family read each other's messages: 2.2 and 2.2.1 differ in one member's cardinality only. */
  readonly family: string
  /** Form of the token in the Authorization header (R3, R4). */
  readonly tokenForm: 'base64' | 'raw'
  /** Shape of the credentials object (R34). */
  readonly credentials: 'flat' | 'roles'
  /** HUB is a legal role and the hub reports itself only (R36); otherwise it lists reachable parties (R38). */
  readonly hubRole: boolean
  readonly roles: readonly string[]
  readonly modules: readonly string[]
  /** Status codes of the version's own list (R104). */
  readonly statusCodes: readonly number[]
  /** 19xx, 29xx, 39xx and 49xx are set aside for custom codes (R104). */
  readonly customRanges: boolean
}

const MODULES_2_1 = ['cdrs', 'commands', 'credentials', 'locations', 'sessions', 'tariffs', 'tokens']
const MODULES_2_2 = [...MODULES_2_1, 'chargingprofiles', 'hubclientinfo']
const CODES_2_0 = [1000, 2000, 2001, 3000, 3001, 3002, 3003]
const CODES_2_1 = [...CODES_2_0, 2002, 2003]
const CODES_2_2 = [...CODES_2_1, 2004, 4001, 4002, 4003]
const CODES_2_2_1 = [...CODES_2_2, 4000]
const ROLES_2_2 = ['CPO', 'EMSP', 'HUB', 'NAP', 'NSP', 'OTHER', 'SCSP']

export const VERSIONS: Readonly<Record<VersionNumber, VersionRow>> = {
  '2.0': {
    family: '2.0',
    routed: false,
    tokenForm: 'raw',
    credentials: 'flat',
    hubRole: false,
    roles: [],
    modules: MODULES_2_1,
    statusCodes: CODES_2_0,
    customRanges: false,
  },
  '2.1.1': {
    family: '2.1.1',
    routed: false,
    tokenForm: 'raw',
    credentials: 'flat',
    hubRole: false,
    roles: [],
    modules: MODULES_2_1,
    statusCodes: CODES_2_1,
    customRanges: false,
  },
  '2.2': {
    family: '2.2',
    routed: true,
    tokenForm: 'base64',
    credentials: 'roles',
    hubRole: true,
    roles: ROLES_2_2,
    modules: MODULES_2_2,
    statusCodes: CODES_2_2,
    customRanges: true,
  },
  '2.2.1': {
    family: '2.2',
    routed: true,
    tokenForm: 'base64',
    credentials: 'roles',
    hubRole: true,
    roles: ROLES_2_2,
    modules: MODULES_2_2,
    statusCodes: CODES_2_2_1,
    customRanges: true,
  },
  '2.3.0': {
    family: '2.3.0',
    routed: true,
    tokenForm: 'base64',
    credentials: 'roles',
    hubRole: false,
    roles: ['CPO', 'EMSP', 'NAP', 'NSP', 'OTHER', 'SCSP'],
    modules: [...MODULES_2_2, 'invoicereconciliation', 'payments', 'Booking'],
    statusCodes: CODES_2_2_1,
    customRanges: true,
  },
}

/** Versions the hub can offer, newest first. */
export const OFFERABLE_VERSIONS = [
  '2.3.0',
  '2.2.1',
  '2.2',
  '2.1.1',
] as const satisfies readonly VersionNumber[]

/** Whether `text` is a version this hub knows the rules of. */
export function isVersion(text: string): text is VersionNumber {
  return Object.hasOwn(VERSIONS, text)
}

/** Whether `code` is in the version's list or in a custom range it allows. */
export function knowsStatusCode(version: VersionNumber, code: number): boolean {
  const row = VERSIONS[version]
  return row.statusCodes.includes(code) || (row.customRanges && Math.floor(code / 100) % 10 === 9)
}

/** Whether a message of one version can be passed to a platform on the other as it is (T6). */
export function sharesMessages(a: VersionNumber, b: VersionNumber): boolean {
  return VERSIONS[a].family === VERSIONS[b].family
}
