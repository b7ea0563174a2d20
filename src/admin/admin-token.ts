// Who may call the admin side: a token by its name, role and hash.

/** read = look; operate = look and change. */
export type AdminRole = 'read' | 'operate'

export interface AdminToken {
  /** Who uses it, for the audit trail. */
  readonly name: string
  readonly role: AdminRole
  /** SHA-256 of the token, hex. */
  readonly sha256: string
}
