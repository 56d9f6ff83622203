import { type Ban, type BanPolicy, type BanReason, type HostRecord, isBanned, newHost } from './host-registry.ts';
import { type EpochMs, MINUTE } from './time.ts';

/** A ban in the blacklist of the provisioner that berth replaces. `until` null: it has no end there. */
export type TheirBan = { readonly reason: string; readonly until: EpochMs | null };

export type ExchangePlan = {
  /** What changes here: after what is to be taken away there, and before what is to be written there, so that whatever
   *  we have written is known to be ours however soon we are killed. */
  readonly changes: readonly { readonly before: HostRecord | undefined; readonly after: HostRecord }[];
  readonly write: readonly { readonly host: string; readonly reason: BanReason; readonly ttlMs: number }[];
  readonly remove: readonly string[];
};

type Situation = {
  readonly host: string;
  readonly their: TheirBan | undefined;
  readonly our: HostRecord | undefined;
  /** Our own ban, if there is one now. */
  readonly ban: Ban | null;
  readonly o: ExchangeOptions;
};

export type ExchangeOptions = {
  readonly provider: string;
  /** Whether our bans are written there. */
  readonly write: boolean;
  readonly policy: BanPolicy;
  readonly now: EpochMs;
};

type Step = { readonly after?: HostRecord; readonly write?: Ban; readonly remove?: boolean };

/** What to do about one host; the first that holds. */
const RULES: readonly { readonly when: (s: Situation) => boolean; readonly step: (s: Situation) => Step }[] = [
  // An admin's word over theirs, for as long as theirs stands.
  {
    when: (s) => s.our?.pardoned === true && s.ban === null,
    step: (s) => (s.their !== undefined ? { remove: s.o.write } : { after: without(s, 'pardoned') }),
  },
  { when: (s) => s.ban !== null, step: told },
  // Ours is over: what we wrote must not come back as if it were theirs.
  {
    when: (s) => s.our?.written === true,
    step: (s) => ({ remove: s.their !== undefined, after: without(s, 'written') }),
  },
  {
    when: (s) => s.their !== undefined,
    step: (s) =>
      s.their === undefined || isTold(s, s.their) ? {} : { after: { ...known(s), ban: legacy(s, s.their) } },
  },
  { when: (s) => s.our?.ban?.reason === 'legacy', step: (s) => ({ after: { ...known(s), ban: null } }) },
];

/** What makes their blacklist and our registry tell the same of hosts. Theirs hold here as long as they stand there;
 *  ours are told there where that is wanted. */
export function planExchange(
  theirs: ReadonlyMap<string, TheirBan>,
  ours: readonly HostRecord[],
  o: ExchangeOptions,
): ExchangePlan {
  const byHost = new Map(ours.filter((h) => h.provider === o.provider).map((h) => [h.host, h]));
  const changes: { before: HostRecord | undefined; after: HostRecord }[] = [];
  const write: { host: string; reason: BanReason; ttlMs: number }[] = [];
  const remove: string[] = [];
  for (const host of new Set([...byHost.keys(), ...theirs.keys()])) {
    const our = byHost.get(host);
    const ban = isBanned(our?.ban, o.now) && our.ban.reason !== 'legacy' ? our.ban : null;
    const s: Situation = { host, their: theirs.get(host), our, ban, o };
    const step = RULES.find((rule) => rule.when(s))?.step(s) ?? {};
    if (step.after !== undefined) changes.push({ before: our, after: step.after });
    if (step.write !== undefined) write.push({ host, reason: step.write.reason, ttlMs: step.write.until - o.now });
    if (step.remove === true) remove.push(host);
  }
  return { changes, write, remove };
}

/** Our own ban. One that they have, too, is theirs to end there. */
function told(s: Situation): Step {
  if (!s.o.write || s.their !== undefined || s.ban === null) return {};
  return { write: s.ban, ...(s.our?.written === true ? {} : { after: { ...known(s), written: true } }) };
}

const known = (s: Situation): HostRecord => s.our ?? newHost(s.o.provider, s.host);

function without(s: Situation, mark: 'pardoned' | 'written'): HostRecord {
  const { [mark]: _, ...rest } = known(s);
  return rest;
}

/** Of one without an end there: no ban of ours is without one. It is renewed as long as it stands. */
const untilOf = (s: Situation, their: TheirBan): EpochMs => their.until ?? s.o.now + s.o.policy.termMs;

/** Whether the record tells of it already. Times of two machines differ a little. */
function isTold(s: Situation, their: TheirBan): boolean {
  const ban = s.our?.ban;
  if (!isBanned(ban, s.o.now)) return false;
  return their.until === null
    ? ban.until > s.o.now + s.o.policy.termMs / 2
    : Math.abs(ban.until - their.until) < MINUTE;
}

const legacy = (s: Situation, their: TheirBan): Ban => ({
  at: isBanned(s.our?.ban, s.o.now) ? s.our.ban.at : s.o.now,
  until: untilOf(s, their),
  reason: 'legacy',
  evidence: `"${their.reason}" in the blacklist of the provisioner beside this broker`,
  by: 'blacklist',
});
