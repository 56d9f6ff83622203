import type { QueueStatus, Reserve } from '../../clients/typescript/src/types-admin.ts';
import { age, paint, plain, until } from './format.ts';
import { table } from './table.ts';

export type TableOptions = { readonly now: number; readonly color: boolean; readonly columns: number };

/** What each class keeps ready, and what keeps it from being so. */
export const reserveTable = (reserves: readonly Reserve[], o: TableOptions): string =>
  table(
    ['RESERVE', '>TARGET', '>READY', '>ON THE WAY', '~STATE'],
    reserves.map((r) => [r.class, String(r.target), String(r.ready), String(r.starting), reserveState(r, o)]),
    o.columns,
  );

function reserveState(r: Reserve, o: TableOptions): string {
  const configured = r.target === r.configuredTarget ? '' : ` (configured: ${r.configuredTarget})`;
  const when = r.setTime === null ? '' : ` ${age(r.setTime, o.now)} ago`;
  const setBy = `${r.setBy === '' ? '' : `, set by ${plain(r.setBy)}${when}`}${configured}`;
  const failure = r.lastFailure === '' ? '' : `: ${plain(r.lastFailure)}`;
  if (r.backingOff) {
    const trial = r.retryTime === null ? '' : `, next trial ${until(r.retryTime, o.now)}`;
    return `${paint('red', 'backing off', o.color)} after ${r.failures} failures${trial}${failure}${setBy}`;
  }
  if (r.ready > r.target) return `${r.ready - r.target} too many, being given back${setBy}`;
  if (r.ready === r.target) return `${r.target === 0 ? 'none kept' : paint('green', 'full', o.color)}${setBy}`;
  if (r.failures > 0) return `${paint('yellow', 'failing', o.color)}, ${r.failures} in a row${failure}${setBy}`;
  return `filling${failure}${setBy}`;
}

/** Where sessions wait, since when and why. */
export const queueTable = (queues: readonly QueueStatus[], o: TableOptions): string =>
  table(
    ['QUEUE', '>WAITING', '>LONGEST', '~WAITS FOR'],
    queues.map((q) => [q.class, String(q.waiting), age(q.oldestTime, o.now), plain(q.waitingFor) || '-']),
    o.columns,
  );
