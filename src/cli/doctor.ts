import { isBerthError } from '../../clients/typescript/src/errors.ts';
import type { BrokerStatus, LoopStatus, ProviderStatus } from '../../clients/typescript/src/types-admin.ts';
import { type Config, loadConfig } from '../config/load.ts';
import { type Finding, fail, messageOf, ok, warn } from '../doctor/finding.ts';
import { checkMachine } from '../doctor/machine.ts';
import type { Context } from './context.ts';
import { explain } from './exit.ts';
import { age, counts, paint, plain } from './format.ts';
import { rentingText, untracked } from './money.ts';
import { now, version } from './system.ts';

/** Looks at everything that a broker needs, and at the one that runs. @returns the exit code */
export async function doctor(ctx: Context, env: NodeJS.ProcessEnv): Promise<number> {
  const broker = await lookAtBroker(ctx);
  const machine = await lookAtMachine(ctx, env, broker.answers);
  const findings = [...machine, ...broker.findings];
  const bad = findings.some((f) => f.level === 'fail');
  if (ctx.json) ctx.document({ healthy: !bad, findings });
  else ctx.out(report(findings, ctx.color));
  return bad ? 1 : 0;
}

async function lookAtMachine(ctx: Context, env: NodeJS.ProcessEnv, answers: boolean): Promise<readonly Finding[]> {
  let config: Config;
  try {
    config = loadConfig(env);
  } catch (err) {
    const todo = 'correct the variable; deploy/config.md tells what each accepts';
    return messageOf(err)
      .split('\n')
      .map((line) => fail('config', line, todo));
  }
  const set = Object.keys(env).filter((name) => name.startsWith('BERTH_') && env[name]);
  const seen = set.length === 0 ? 'all defaults' : `${set.length} variables set: ${set.toSorted().join(', ')}`;
  const { host, port } = config.listen;
  const ours = answers && ctx.address.replace('localhost', '127.0.0.1') === `${host}:${port}`;
  const running = { grpc: ours, http: ours && (await answersHealth(config, ctx.signal)) };
  return [ok('config', seen), ...(await checkMachine(config, running, ctx.signal))];
}

const HEALTH_MS = 2_000;

async function answersHealth({ httpListen }: Config, signal: AbortSignal): Promise<boolean> {
  if (httpListen === null) return false;
  const host = httpListen.host.includes(':') ? `[${httpListen.host}]` : httpListen.host;
  try {
    const either = AbortSignal.any([signal, AbortSignal.timeout(HEALTH_MS)]);
    return (await fetch(`http://${host}:${httpListen.port}/healthz`, { signal: either })).ok;
  } catch {
    return false;
  }
}

type BrokerSeen = { readonly answers: boolean; readonly findings: readonly Finding[] };

async function lookAtBroker(ctx: Context): Promise<BrokerSeen> {
  const check = 'broker';
  try {
    const status = await ctx.client.status({ signal: ctx.signal, retryForMs: 0, deadlineMs: 5_000 });
    return { answers: true, findings: judge(ctx, status) };
  } catch (err) {
    if (ctx.signal.aborted) throw err;
    const [seen = '', ...rest] = explain(err, ctx.address);
    if (isBerthError(err, 'unavailable') && !err.answered) {
      const [what = seen, todo = ''] = seen.split('; ');
      // None runs, which is no fault of this machine; whoever hangs up or is not trusted may be one.
      const none = /connection refused|no such host/.test(what);
      return { answers: false, findings: [none ? ok(check, `${what}: ${todo}`) : warn(check, what, todo)] };
    }
    const refused = isBerthError(err, 'unauthenticated', 'permission-denied');
    const todo = rest.join('; ').replace('hint: ', '');
    return { answers: true, findings: [(refused ? warn : fail)(check, seen, todo || 'see its log')] };
  }
}

/** A loop passes every few seconds; one that did not for so long hangs [ms]. */
const LOOP_LATE_MS = 60_000;
const QUEUE_LONG_MS = 600_000;
const AHEAD_MS = 2_000;

function judge(ctx: Context, s: BrokerStatus): readonly Finding[] {
  const t = now();
  const check = 'broker';
  const about = `${s.version} at ${ctx.address}, up ${age(s.startTime, t)}, sessions: ${counts(s.sessions)}`;
  const findings = [
    s.version === version()
      ? ok(check, about)
      : warn(check, about, `this command is of version ${version()}; use the same on both sides`),
  ];
  if (s.leaderId === '')
    findings.push(
      fail('leader', 'none: nothing is started or ended', 'see the log; a broker with BERTH_LEAD=true must run'),
    );
  else findings.push(ok('leader', s.leaderId === s.replicaId ? `${s.leaderId}, which answers` : s.leaderId));
  findings.push(...judgeLoops(s, t), ...judgeWork(s, t));
  return findings;
}

function judgeLoops({ loops, providers }: BrokerStatus, t: number): readonly Finding[] {
  const bad = loops.flatMap((l): Finding[] => {
    if (l.failures > 0)
      return [fail('loop', `${l.name} failed ${l.failures} times in a row: ${plain(l.lastError)}`, 'see the log')];
    if (l.lastPassTime === null || t - l.lastPassTime.getTime() <= LOOP_LATE_MS) return [];
    return [warn('loop', `${l.name} ran last ${age(l.lastPassTime, t)} ago`, 'look again; if that stays, see the log')];
  });
  const fine = loops.length > 0 && bad.length === 0 ? [ok('loops', `all ${loops.length} pass`)] : [];
  return [...bad, ...fine, ...providers.map(judgeProvider), ...judgeClock(loops, providers, t)];
}

function judgeProvider(p: ProviderStatus): Finding {
  const use = `${p.name}, ${p.instances} of ${p.maxInstances} instances`;
  if ((p.untrackedDollarsPerHour ?? 0) > 0)
    return warn('provider', `${use}: ${untracked(p, false)} without a record`, 'they are being ended; look again');
  if (p.credit !== null && p.credit <= 0)
    return fail('provider', `${use}: no credit is left`, 'pay in at the provider');
  if (p.listError !== '') return fail('provider', `${use}: ${plain(p.listError)}`, 'see the log');
  if (p.instances < p.maxInstances) return ok('provider', use);
  return warn('provider', use, 'raise BERTH_MAX_INSTANCES, if there may be more');
}

/** What has happened cannot be in the future. */
function judgeClock(loops: readonly LoopStatus[], providers: readonly ProviderStatus[], t: number): readonly Finding[] {
  const told = [...loops.map((l) => l.lastPassTime), ...providers.map((p) => p.listTime)];
  const times = told.flatMap((time) => time?.getTime() ?? []);
  if (times.length === 0) return [];
  const ahead = Math.max(...times) - t;
  if (ahead <= AHEAD_MS) return [ok('clock', "the broker's is not ahead of this machine's")];
  return [warn('clock', `the broker's is ${Math.round(ahead / 1_000)} s ahead of this machine's`, 'set both right')];
}

function judgeWork({ reserves, queues, renting }: BrokerStatus, t: number): readonly Finding[] {
  const off = renting.on ? [] : [warn('renting', rentingText(renting, t, false), 'berth renting on')];
  const failing = reserves
    .filter((r) => r.backingOff || r.failures > 0)
    .map((r) =>
      warn(
        'reserve',
        `${r.class}: ${r.failures} starts failed in a row: ${plain(r.lastFailure)}`,
        "see the class's command, image and readiness",
      ),
    );
  const long = queues
    .filter((q) => q.oldestTime !== null && t - q.oldestTime.getTime() > QUEUE_LONG_MS)
    .map((q) =>
      warn(
        'queue',
        `${q.class}: ${q.waiting} wait, one of them for ${age(q.oldestTime, t)}: ${plain(q.waitingFor)}`,
        'raise what they wait for',
      ),
    );
  return [...off, ...failing, ...long];
}

const MARKS = { ok: ['green', 'ok  '], warn: ['yellow', 'warn'], fail: ['red', 'FAIL'] } as const;

/** What to do stands below what was seen. */
function report(findings: readonly Finding[], color: boolean): string {
  const longest = Math.max(...findings.map((f) => f.check.length));
  const indent = ' '.repeat(longest + 8);
  const lines = findings.flatMap(({ check, level, seen, todo }, i) => {
    const [hue, mark] = MARKS[level];
    const line = `${paint(hue, mark, color)}  ${check.padEnd(longest)}  ${plain(seen)}`;
    // The same advice for several lines is given below the last of them.
    return todo === '' || findings[i + 1]?.todo === todo ? [line] : [line, `${indent}→ ${plain(todo)}`];
  });
  const count = (level: Finding['level']) => findings.filter((f) => f.level === level).length;
  const total = `${count('ok')} fine, ${count('warn')} could be better, ${count('fail')} will not work`;
  return [...lines, '', paint(count('fail') > 0 ? 'red' : 'none', total, color)].join('\n');
}
