import { COMMAND_WORDS, FILE_WORDS, type WrittenClass } from './class-schema.ts';
import type { Problem } from './explain.ts';
import { show } from './explain.ts';
import { didYouMean } from './nearest.ts';
import { formatDuration } from './units.ts';

export type Known = {
  readonly providers: readonly string[];
  readonly proxies: readonly string[];
  /** Proxies that exist but cannot be used on this machine, with the reason and what to do about it. */
  readonly unusable?: Readonly<Record<string, string>>;
};

/** `auto` is the best that this machine can do. */
export function proxyOf(written: string, { proxies, unusable }: Known): string {
  if (written !== 'auto') return written;
  return proxies.includes('nginx-local') && unusable?.['nginx-local'] === undefined ? 'nginx-local' : 'direct';
}

/** The same form as in domain/command.ts; a test compares the two. */
const TEMPLATE = /\{\{\s*([a-z_][a-z0-9_.-]*)\s*\}\}/gi;

/** What no single option can say: rules between the options of one class. Paths begin at the class. */
export function crossCheck(c: WrittenClass, known: Known): Problem[] {
  return [
    ...oneOf('provider', c.provider, known.providers),
    ...proxyProblems(c, known),
    ...commandProblems(c),
    ...portProblems(c),
    ...readinessProblems(c),
    ...orderProblems(c),
    ...maxResourceProblems(c),
  ];
}

function oneOf(option: string, value: string, known: readonly string[]): Problem[] {
  if (known.includes(value)) return [];
  const accepted = known.join(', ') || 'none in this broker';
  return [{ path: [option], text: `${show(value)} is not accepted; accepted: ${accepted}${didYouMean(value, known)}` }];
}

function proxyProblems(c: WrittenClass, known: Known): Problem[] {
  const why = known.unusable?.[c.proxy];
  if (why !== undefined) return [{ path: ['proxy'], text: `${show(c.proxy)} cannot be used here: ${why}` }];
  return oneOf('proxy', c.proxy, [...known.proxies, 'auto']);
}

function commandProblems(c: WrittenClass): Problem[] {
  if (c.provider === 'process' && c.command.length === 0)
    return [
      { path: ['command'], text: 'is required with provider process; accepted: a list of program and arguments' },
    ];
  return c.command.flatMap((argument, i) =>
    [...argument.matchAll(TEMPLATE)].flatMap(([, word = '']): Problem[] => {
      const wrong = wordProblem(c, word);
      return wrong === null ? [] : [{ path: ['command', i], text: wrong }];
    }),
  );
}

function wordProblem(c: WrittenClass, word: string): string | null {
  if (Object.hasOwn(FILE_WORDS, word))
    return c.provider === 'process' ? null : `{{${word}}} is only there with provider process`;
  const words = [...Object.keys(COMMAND_WORDS), ...c.ports.map((p) => `port.${p.name}`)];
  if (!words.includes(word))
    return `unknown word {{${word}}}; accepted: ${[...words, ...Object.keys(FILE_WORDS)].join(', ')}${didYouMean(word, words)}`;
  if (word === 'session_id' && c.reserve.target > 0)
    return '{{session_id}} is not known when an instance of the reserve starts; use {{instance_id}}, or a reserve.target of 0';
  return null;
}

function portProblems(c: WrittenClass): Problem[] {
  return c.ports.flatMap((port, i) =>
    c.ports.findIndex((p) => p.name === port.name) === i
      ? []
      : [{ path: ['ports', i, 'name'], text: `${show(port.name)} is taken by another port of the class` }],
  );
}

function readinessProblems({ readiness, ports }: WrittenClass): Problem[] {
  const problems: Problem[] = [];
  if (readiness.http && readiness.tcp)
    problems.push({ path: ['readiness', 'tcp'], atKey: true, text: 'only one of http and tcp is accepted' });
  for (const kind of ['http', 'tcp'] as const) {
    const asked = readiness[kind];
    if (asked === undefined) continue;
    const name = asked.port ?? ports[0]?.name ?? '';
    const port = ports.find((p) => p.name === name);
    const path = asked.port === undefined ? ['readiness', kind] : ['readiness', kind, 'port'];
    const names = ports.map((p) => p.name);
    if (port === undefined)
      problems.push({
        path,
        text: `no port is named ${show(name)}; accepted: ${names.join(', ')}${didYouMean(name, names)}`,
      });
    else if (kind === 'http' && port.protocol === 'grpc')
      problems.push({ path, text: `port ${show(name)} speaks grpc, which does not answer HTTP/1.1; use tcp` });
  }
  return problems;
}

/** Pairs of times of which the first must not be above the second. */
function orderProblems(c: WrittenClass): Problem[] {
  const { lifetime, reserve } = c;
  const maxAge = c.max_age ?? lifetime.max;
  const pairs: readonly (readonly [string, number, string, number, string])[] = [
    ['lifetime.default', lifetime.default, 'lifetime.max', lifetime.max, 'lifetime.default'],
    ['lifetime.min', lifetime.min, 'lifetime.default', lifetime.default, 'lifetime.default'],
    ['lifetime.max', lifetime.max, 'max_age', maxAge, 'max_age'],
    ['idle_timeout', c.idle_timeout ?? 0, 'max_idle_timeout', c.max_idle_timeout, 'idle_timeout'],
    ['reserve.retry', reserve.retry, 'reserve.max_retry', reserve.max_retry, 'reserve.max_retry'],
  ];
  return pairs
    .filter(([, low, , high]) => low > high)
    .map(([lowName, low, highName, high, blame]) => ({
      path: blame.split('.'),
      text: `${lowName} (${formatDuration(low)}) is above ${highName} (${formatDuration(high)})`,
    }));
}

/** A class that gives more than its callers may ask for would refuse those who ask for what they get anyway. */
function maxResourceProblems({ resources, allow }: WrittenClass): Problem[] {
  const max = allow.max_resources;
  const pairs: readonly (readonly [string, number, number | undefined])[] = [
    ['cpu', resources.cpu.limit, max.cpu?.limit],
    ['memory', resources.memory.limit, max.memory?.limit],
    ['disk', resources.disk, max.disk],
    ['gpus.count', resources.gpus.count, max.gpus.count],
    ['gpus.memory', resources.gpus.memory, max.gpus.memory],
  ];
  return pairs
    .filter(([, own, most]) => most !== undefined && most < own)
    .map(([name, own, most]) => ({
      path: ['allow', 'max_resources', ...name.split('.')],
      text: `${most} is below what the class itself gives (${own}); accepted: at least that`,
    }));
}
