export type Role = 'client' | 'admin';

/** Who calls, as far as it was proven. */
export type Caller = {
  readonly tenant: string;
  readonly role: Role;
  /** For "who did it": a token's id, or `local` for a call from this machine while there are no tokens. */
  readonly name: string;
};
