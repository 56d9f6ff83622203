import type { Bound, Member } from '../../domain/bind.ts';
import { mismatch } from '../../domain/match.ts';
import type { Requirements } from '../../domain/resources.ts';
import type { Asked, Session } from '../../domain/session.ts';
import type { Change } from './ledger.ts';
import { KEY } from './records.ts';

/** Whether a reserve member does for what was asked. */
export const suits = (m: Member, of: { readonly asked: { readonly requirements: Requirements } }): boolean =>
  mismatch({ ...m.instance, region: m.instance.ref.region }, of.asked.requirements) === null;

/** Whether it needs an instance of its own: no reserve member has its command or its environment. */
export const isPersonal = ({ asked }: { readonly asked: Pick<Asked, 'command' | 'envDigest'> }): boolean =>
  asked.command.length > 0 || asked.envDigest !== '';

/** The three records of a claim: one commit. */
export const claimChanges = (before: Session | undefined, m: Member, b: Bound): readonly Change[] => [
  { kind: 'session', before, after: b.session },
  { kind: 'instance', before: m.instance, after: b.instance },
  { kind: 'proxy', before: m.proxy, after: b.proxy },
];

/** What to read again when none of the candidates could be had. */
export const memberKeys = (members: readonly Member[]): readonly string[] =>
  members.flatMap((m) => [KEY.instance(m.instance.id), KEY.proxy(m.proxy.id)]);
