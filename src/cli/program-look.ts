import process from 'node:process';
import { type Command, InvalidArgumentError } from 'commander';
import type { EventFlags } from './commands/look.ts';
import type { TopFlags } from './commands/top.ts';
import type { Execute, GlobalOptions } from './context.ts';
import { parseCount, parseDuration } from './parse.ts';

/** Beyond sessions: what admins look at. */
export function addLookCommands(program: Command, execute: Execute): void {
  const load = () => import('./commands/look.ts');
  program
    .command('top')
    .description('reserves, queues and sessions, live (admins); q ends it')
    .option('--interval <duration>', 'between two looks (default: 1s)', intervalOf)
    .option('--once', 'one picture, for pipes')
    .option('--sort <by>', 'age, idle or cost; the same keys (a, i, c) work in it', sortOf, 'age')
    .action(async (flags: TopFlags, command: Command) => {
      const { top } = await import('./commands/top.ts');
      await execute(command.optsWithGlobals(), (ctx) => top(ctx, flags));
    });
  program
    .command('events')
    .description('what changed, when and by whom; the oldest first (admins)')
    .option('-f, --follow', 'go on as it happens')
    .option('-n, --lines <n>', 'so many before the end (default: 50; with --since up to 1,000)', countOf)
    .option('--since <when>', '2h (so long ago), or a time such as 2030-01-31T18:00Z')
    .option('--session <session>', 'of this session, its instances and proxies')
    .option('--class <class>', 'only this class')
    .option('--kind <kind>', 'only these: session, instance, proxy, reserve, host, renting', words)
    .option('--tenant <tenant>', "only this tenant's sessions")
    .action(async (flags: EventFlags, command: Command) => {
      const { events } = await load();
      await execute(command.optsWithGlobals(), (ctx) => events(ctx, flags));
    });
  program
    .command('instances')
    .description('list what is rented or being made (admins)')
    .argument('[class]', 'only this class')
    .action(async (className: string | undefined, _: unknown, command: Command) => {
      const { instances } = await load();
      await execute(command.optsWithGlobals(), (ctx) => instances(ctx, className));
    });
  program
    .command('quota')
    .description('limits, and what is used of them')
    .argument('[tenant]', 'only this tenant (default: your own; for admins all)')
    .action(async (tenant: string | undefined, _: unknown, command: Command) => {
      const { quotas } = await load();
      await execute(command.optsWithGlobals(), (ctx) => quotas(ctx, tenant));
    });
}

/** `berth doctor`. Its environment is the broker's: run it as the broker is run. */
export function addDoctor(program: Command, execute: Execute): void {
  program
    .command('doctor')
    .description('check what a broker needs here, and the one that runs; say what to do')
    .addHelpText('after', '\nReads the same BERTH_ variables as berth serve. Exit code 1: something will not work.')
    .action(async (_: unknown, command: Command) => {
      const { doctor } = await import('./doctor.ts');
      const { tlsCert, tlsKey, ...options } = command.optsWithGlobals<GlobalOptions>();
      // In a broker's environment these are the broker's own, not a client's to show.
      const given = command.getOptionValueSourceWithGlobals('tlsCert') === 'cli' && tlsCert !== undefined;
      const own = given ? { tlsCert, ...(tlsKey === undefined ? {} : { tlsKey }) } : {};
      await execute({ ...options, ...own }, (ctx) => doctor(ctx, process.env));
    });
}

const words = (text: string, before: readonly string[] = []): readonly string[] => [...before, ...text.split(',')];

function countOf(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError('Accepted: a whole number, 0 to 1000.');
  return parseCount(text);
}

/** Shorter looks would only keep the broker busy [ms]. */
const SHORTEST_MS = 200;

function intervalOf(text: string): number {
  const ms = /\d/.test(text) ? durationOf(text) : 0;
  if (ms < SHORTEST_MS || ms > 3_600_000) throw new InvalidArgumentError('Accepted: 200ms to 1h.');
  return ms;
}

function durationOf(text: string): number {
  try {
    return parseDuration(text);
  } catch {
    return 0;
  }
}

function sortOf(text: string): string {
  if (!['age', 'idle', 'cost'].includes(text)) throw new InvalidArgumentError('Accepted: age, idle, cost.');
  return text;
}
