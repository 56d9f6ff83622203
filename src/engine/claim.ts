import type { Bound, Member } from '../domain/bind.ts';
import type { Session } from '../domain/session.ts';
import type { Change } from './ledger.ts';

/** The three records of a claim: one commit. */
export const claimChanges = (before: Session | undefined, m: Member, b: Bound): readonly Change[] => [
  { kind: 'session', before, after: b.session },
  { kind: 'instance', before: m.instance, after: b.instance },
  { kind: 'proxy', before: m.proxy, after: b.proxy },
];
