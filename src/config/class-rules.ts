import { COMMAND_WORDS, FILE_WORDS, type WrittenClass } from './class-schema.ts';
import type { Problem } from './explain.ts';
import { show } from './explain.ts';
import { didYouMean } from './nearest.ts';
import { formatDuration } from './units.ts';

export type Known = {
  readonly providers: readonly string[];
  readonly proxies: readonly string[];
  /** Words for parts of the world that stand for countries. Absent: any word is taken. */
  readonly regions?: { readonly accepts: string; readonly isKnown: (word: string) => boolean };
  /** Proxies and providers that exist but cannot be used on this machine, with the reason and what to do about it. */
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
    ...oneOf('provider', c.provider, known.providers, known),
    ...oneOf('proxy', c.proxy, [...known.proxies, 'auto'], known),
    ...commandProblems(c),
    ...portProblems(c),
    ...readinessProblems(c),
    ...activityProblems(c),
    ...proxyNeeds(c, known),
    ...guardProblems(c),
    ...imageProblems(c),
    ...placementProblems(c, known),
    ...outdatedProblems(c),
    ...orderProblems(c),
    ...maxResourceProblems(c),
  ];
}

/** Providers whose instances are rented from others, and run an image. */
export const isMarket = (provider: string): boolean => provider === 'vastai';

function imageProblems(c: WrittenClass): Problem[] {
  const problems: Problem[] = [];
  if (isMarket(c.provider) && c.image === '' && c.template === undefined)
    problems.push({
      path: ['image'],
      text: `is required with provider ${c.provider}; accepted: an image, or template`,
    });
  if (c.registry !== undefined && c.image === '')
    problems.push({ path: ['registry'], text: 'is a login for image, which is not set' });
  if (c.provider !== 'process') return problems;
  if (c.image !== '') problems.push({ path: ['image'], text: 'is not for provider process, which runs command' });
  if (c.template !== undefined) problems.push({ path: ['template'], text: 'is not for provider process' });
  return problems;
}

const placementProblems = ({ placement }: WrittenClass, { regions }: Known): Problem[] =>
  placement.regions.flatMap((region, n) =>
    regions?.isKnown(region) === false
      ? [{ path: ['placement', 'regions', n], text: `${show(region)} is no region; accepted: ${regions.accepts}` }]
      : [],
  );

function outdatedProblems(c: WrittenClass): Problem[] {
  if (!c.replace_outdated || c.on_loss !== 'end') return [];
  return [
    { path: ['replace_outdated'], text: 'needs on_loss: replace, which says how; accepted: false, or set on_loss' },
  ];
}

function oneOf(option: string, value: string, names: readonly string[], { unusable = {} }: Known): Problem[] {
  if (Object.hasOwn(unusable, value))
    return [{ path: [option], text: `${show(value)} cannot be used here: ${unusable[value]}` }];
  if (names.includes(value)) return [];
  const accepted = names.join(', ') || 'none in this broker';
  return [{ path: [option], text: `${show(value)} is not accepted; accepted: ${accepted}${didYouMean(value, names)}` }];
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

/** Ports have neither a name nor a number in common. */
const portProblems = ({ ports }: WrittenClass): Problem[] =>
  ports.flatMap((port, i) =>
    (['name', 'number'] as const)
      .filter((of) => port[of] !== undefined && ports.findIndex((p) => p[of] === port[of]) !== i)
      .map((of) => ({ path: ['ports', i, of], text: `${show(port[of])} is taken by another port of the class` })),
  );

function readinessProblems({ readiness, ports }: WrittenClass): Problem[] {
  const problems: Problem[] = [];
  const kinds = (['http', 'grpc', 'tcp'] as const).filter((kind) => readiness[kind] !== undefined);
  const second = kinds[1];
  if (second !== undefined)
    problems.push({ path: ['readiness', second], atKey: true, text: 'only one of http, grpc and tcp is accepted' });
  for (const kind of kinds) problems.push(...portProblem(ports, ['readiness', kind], readiness[kind]?.port, kind));
  return problems;
}

/** Whether the named port, else the first, is there and speaks what it is asked in. */
function portProblem(
  ports: WrittenClass['ports'],
  option: readonly string[],
  named: string | undefined,
  asked: 'http' | 'grpc' | 'tcp',
): Problem[] {
  const name = named ?? ports[0]?.name ?? '';
  const port = ports.find((p) => p.name === name);
  const path = named === undefined ? option : [...option, 'port'];
  const names = ports.map((p) => p.name);
  if (port === undefined)
    return [{ path, text: `no port is named ${show(name)}; accepted: ${names.join(', ')}${didYouMean(name, names)}` }];
  if (asked === 'http' && port.protocol === 'grpc')
    return [{ path, text: `port ${show(name)} speaks grpc, which does not answer HTTP/1.1; use grpc or tcp` }];
  if (asked === 'grpc' && port.protocol === 'http')
    return [{ path, text: `port ${show(name)} speaks http, which does not answer gRPC; use http or tcp` }];
  return [];
}

/** What counts as use must be there to be seen: a session in use would end as idle. */
function activityProblems({ activity, ports, before_end }: WrittenClass): Problem[] {
  const { connections, http } = activity;
  const problems: Problem[] = [];
  if (http !== undefined) problems.push(...portProblem(ports, ['activity', 'http'], http.port, 'http'));
  if (before_end !== undefined) problems.push(...portProblem(ports, ['before_end'], before_end.port, 'http'));
  if (connections === 'ignore' && http === undefined)
    problems.push({
      path: ['activity', 'connections'],
      text: 'is ignore, so nothing would tell that a WebSocket, a stream or a TCP connection is in use; accepted: open, data, or ignore with activity.http',
    });
  return problems;
}

/** Only HTTP and gRPC have a place for a token. */
const guardProblems = ({ access, ports }: WrittenClass): Problem[] =>
  access === 'token' && ports.every((p) => p.protocol === 'tcp')
    ? [
        {
          path: ['access'],
          text: 'is token, but the class has only TCP ports, which cannot ask for one; accepted: open',
        },
      ]
    : [];

/** Without a proxy of its own there is nothing that could ask for a token or replace an instance behind it. */
function proxyNeeds(c: WrittenClass, known: Known): Problem[] {
  if (proxyOf(c.proxy, known) !== 'direct') return [];
  const here = c.proxy === 'auto' ? 'auto is direct here, which' : 'proxy direct';
  const problems: Problem[] = [];
  if (c.access === 'token')
    problems.push({ path: ['access'], text: `${here} cannot ask for a token; accepted: open, or proxy nginx-local` });
  if (c.on_loss !== 'end')
    problems.push({
      path: ['on_loss'],
      text: `${here} cannot replace an instance; accepted: end, or proxy nginx-local`,
    });
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
