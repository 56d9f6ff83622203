import { instanceFields, type LogFields, proxyFields, sessionFields } from '../observability/fields.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Clock } from '../ports/clock.ts';
import type { EngineHooks, Transition } from './hooks.ts';
import { dollars } from './money/caps.ts';

/** Loops that run many times a second count their passes at most this often [ms]. */
const PASS_EVERY_MS = 1_000;

/** Writes what the engine tells into the log and the metrics: each change of phase once. */
export function createReport(log: Logger, metrics: Metrics, clock: Clock): EngineHooks {
  const passes = new Map<string, number>();
  return {
    onTransition(t) {
      if (t.before?.phase === t.after.phase) return;
      if (t.kind !== 'proxy') metrics.moved(t.kind, phased(t), t.after.since);
      const fields: LogFields = {
        ...fieldsOf(t),
        ...(t.before === undefined ? {} : { from: t.before.phase }),
        ...whyOf(t),
      };
      if (t.kind === 'session' && t.after.phase === 'released') metrics.cost(t.after.asked.class, t.after.costMicros);
      if (t.kind === 'session') log.info(fields, `session.${t.after.phase}`);
      else log.debug(fields, `${t.kind}.${t.after.phase}`);
    },
    onAcquire: metrics.acquire,
    onLoopPass(loop) {
      const now = clock.monotonic();
      if (now - (passes.get(loop) ?? Number.NEGATIVE_INFINITY) < PASS_EVERY_MS) return;
      passes.set(loop, now);
      metrics.loopPass(loop, clock.now());
    },
    onLoopError(loop, err, fields) {
      metrics.loopFailure(loop);
      log.warn({ loop, ...fields, err }, 'loop.failed');
    },
    onLeader(epoch) {
      if (epoch === null) log.info({}, 'leader.lost');
      else log.info({ epoch }, 'leader.won');
    },
    onBeforeEnd(s, detail) {
      log.info({ ...sessionFields(s), detail }, 'session.before-end');
    },
    onOrphan(provider, id) {
      metrics.orphan(provider);
      log.warn({ provider, instanceId: id }, 'orphan.found');
    },
    onSlowDestroy(i, forMs, requests) {
      const detail = `asked for its end ${requests} times; ${dollars(i.microsPerHour)} per hour`;
      log.warn({ ...instanceFields(i), durationMs: forMs, detail }, 'instance.still-there');
    },
    onBan(provider, kind, id, { reason, evidence }) {
      metrics.banned(provider, kind, reason);
      const of: LogFields = kind === 'machine' ? { machineId: id } : { hostId: id };
      log.info({ provider, ...of, reason, detail: evidence }, `${kind}.banned`);
    },
  };
}

function fieldsOf(t: Transition): LogFields {
  if (t.kind === 'session') return sessionFields(t.after);
  return t.kind === 'instance' ? instanceFields(t.after) : proxyFields(t.after);
}

function phased(t: Exclude<Transition, { readonly kind: 'proxy' }>) {
  if (t.before === undefined) return undefined;
  const className = t.kind === 'session' ? t.after.asked.class : t.after.class;
  return { class: className, phase: t.before.phase, since: t.before.since };
}

const whyOf = ({ after }: Transition): LogFields => ('why' in after ? { reason: after.why, detail: after.detail } : {});
