import { nextEnd } from './idle.ts';
import type { SessionIn } from './session.ts';
import type { ActivityPolicy } from './session-class.ts';
import { type EpochMs, MINUTE, parseTime } from './time.ts';

type Active = SessionIn<'active'>;

/** What a session's proxy shows; as `ports/session-proxy.ts` tells. */
export type ProxyUse = {
  readonly lastEndedAt: EpochMs | null;
  readonly connections: number;
  readonly lastDataAt: EpochMs | null;
};

/** What the instance itself says of its use: when it was last, or a value that changes with it. */
export type ToldUse = { readonly at: EpochMs } | { readonly value: string };

/** When a session was last used, as its proxy shows; null: nothing shows that it ever was. */
export function usedAt(use: ProxyUse, { connections }: ActivityPolicy, now: EpochMs): EpochMs | null {
  const ended = use.lastEndedAt === null ? null : Math.min(use.lastEndedAt, now);
  if (use.connections === 0 || connections === 'ignore') return ended;
  // Where the system does not tell of data, an open connection is taken for one in use: nobody is cut off by mistake.
  const open = connections === 'open' ? now : Math.min(use.lastDataAt ?? now, now);
  return ended === null ? open : Math.max(open, ended);
}

/** What an answer of the instance says at `path` (names and indices joined by `.`); null: nothing that can be used. */
export function toldUse(body: string, path: string): ToldUse | null {
  let found: unknown;
  try {
    found = JSON.parse(body);
  } catch {
    return null;
  }
  for (const step of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return null;
    found = (found as Readonly<Record<string, unknown>>)[step];
  }
  if (typeof found === 'number' || typeof found === 'boolean') return { value: String(found) };
  if (typeof found !== 'string') return null;
  const at = parseTime(found);
  return at === null ? null : { at };
}

/** A use is written down at least this often, so that people see how long a session has been idle [ms]. */
const SHOW_MS = MINUTE;

/** Whether a use is worth a write: it confirms the session, moves an end that is near, or is news to those who look.
 *  @param intervalMs how often is looked for use */
export function isWorthWriting(s: Active, at: EpochMs, intervalMs: number, now: EpochMs): boolean {
  if (at <= s.lastUsedAt) return false;
  if (s.confirmBy !== null || s.warning?.reason === 'idle' || at - s.lastUsedAt >= SHOW_MS) return true;
  const { warning, warnAt } = nextEnd(s);
  return warning.reason === 'idle' && now >= warnAt - 3 * intervalMs;
}
