export type Role = 'client' | 'admin';

/** Of calls without a token, and of tokens of no other. */
export const DEFAULT_TENANT = 'default';

/** Who calls, as far as it was proven. */
export type Caller = {
  readonly tenant: string;
  readonly role: Role;
  /** For "who did it": a token's id, or `local` for a call from this machine while there are no tokens. */
  readonly name: string;
};

/** Whoever calls from this machine while there are no tokens. */
export const LOCAL_ADMIN: Caller = { tenant: DEFAULT_TENANT, role: 'admin', name: 'local' };

/** Longer secrets are none of ours; they are not worth hashing. */
export const MAX_SECRET = 512;

/** The secret in `authorization: Bearer SECRET`; null: there is none. */
export function bearerIn(authorization: unknown): string | null {
  if (typeof authorization !== 'string' || !/^bearer /i.test(authorization)) return null;
  return authorization.slice('bearer '.length).trim() || null;
}
