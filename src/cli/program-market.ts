import type { Command } from 'commander';
import type { CostFlags } from './commands/cost.ts';
import type { BanFlags, HostFlags } from './commands/hosts.ts';
import type { QuoteFlags } from './commands/quote.ts';
import type { Execute, GlobalOptions } from './context.ts';
import { parseCount } from './parse.ts';
import { addRequirements, arg, duration } from './program-options.ts';

const count = arg((text: string) => parseCount(text));

/** `berth quote`: what an acquire would get. */
export function addQuote(program: Command, execute: Execute): void {
  const command = program
    .command('quote')
    .description('show what an acquire would get now, and what it costs; rents nothing')
    .argument('<class>', 'session class; berth classes lists them');
  addRequirements(command)
    .option('--limit <n>', 'most offers to show, 1 to 64 (default: 10)', count)
    .addHelpText(
      'after',
      `
Examples:
  berth quote gpu --gpu "RTX 4090" --max-price 0.50
  berth quote gpu --region europe --gpu-memory 24Gi --limit 3

The best comes first: by price, and by how long its machine takes to start. An acquire takes a ready instance of the
reserve before any offer. Finding nothing is no error: it says which rule refused how many offers.`,
    )
    .action(async (className: string, flags: QuoteFlags, self: Command) => {
      const { quote } = await import('./commands/quote.ts');
      await execute(self.optsWithGlobals(), (ctx) => quote(ctx, className, flags));
    });
}

/** Machines, the renting switch and money. */
export function addMarketCommands(program: Command, execute: Execute): void {
  addHosts(program, execute);
  program
    .command('renting')
    .description('show, stop or allow the renting of instances (admins)')
    .addArgument(program.createArgument('[switch]', 'off: rent nothing more; on: again').choices(['on', 'off']))
    .option('--why <text>', 'for people; shown in the status and to sessions that wait')
    .addHelpText(
      'after',
      `
Examples:
  berth renting
  berth renting off --why "the bill is strange"
  berth renting on

Off stops all creating at once, at every provider, and holds over restarts. Sessions in use go on, ready instances of
the reserve are handed out, what is over is destroyed; sessions that need a new instance wait.`,
    )
    .action(async (to: 'on' | 'off' | undefined, flags: { why?: string }, self: Command) => {
      const { renting } = await import('./commands/renting.ts');
      await execute(self.optsWithGlobals(), (ctx) => renting(ctx, to, flags.why));
    });
  program
    .command('cost')
    .description('show what is spent and was, by tenant')
    .option('--tenant <tenant>', 'only this tenant (default: your own; for admins all)')
    .option('--days <n>', 'how many UTC days back, today included, 1 to 90 (default: 30)', count)
    .addHelpText(
      'after',
      `
Examples:
  berth cost
  berth cost --tenant lab --days 7

By berth's own meter: prices times hours. Ended sessions count on the day of their end.`,
    )
    .action(async (flags: CostFlags, self: Command) => {
      const { cost } = await import('./commands/cost.ts');
      await execute(self.optsWithGlobals(), (ctx) => cost(ctx, flags));
    });
}

const TARGET_HELP = `
TARGET is a machine's id as berth hosts shows it, or host:ID for every machine of a host.`;

function addHosts(program: Command, execute: Execute): void {
  const load = () => import('./commands/hosts.ts');
  const hosts = program
    .command('hosts')
    .description('machines and their owners: who is banned, how fast they start (admins)')
    .option('--banned', 'only what is not rented now')
    .option('--provider <provider>', 'only of this provider; for ban and unban: whose machine it is (default: vastai)')
    .addHelpText(
      'after',
      `
Examples:
  berth hosts --banned
  berth hosts ban 4711 --for 7d --reason "its disk is full"
  berth hosts ban host:1234 --reason "all of them are slow"
  berth hosts unban 4711`,
    )
    .action(async (flags: HostFlags, self: Command) => {
      const { hosts: list } = await load();
      await execute(self.optsWithGlobals(), (ctx) => list(ctx, flags));
    });
  hosts
    .command('ban')
    .description('rent nothing there for a time; what runs goes on')
    .argument('<target>', 'machine, or host:ID')
    .requiredOption('--reason <text>', 'why, for people')
    .option('--for <duration>', '1m to 3650d (default: as long as bans last by themselves)', duration)
    .addHelpText('after', TARGET_HELP)
    .action(async (target: string, _: unknown, self: Command) => {
      const { ban } = await load();
      const flags = self.optsWithGlobals<BanFlags & GlobalOptions>();
      await execute(flags, (ctx) => ban(ctx, target, flags));
    });
  hosts
    .command('unban')
    .description('end a ban; no error where there is none')
    .argument('<target>', 'machine, or host:ID')
    .addHelpText('after', TARGET_HELP)
    .action(async (target: string, _: unknown, self: Command) => {
      const { unban } = await load();
      const flags = self.optsWithGlobals<HostFlags & GlobalOptions>();
      await execute(flags, (ctx) => unban(ctx, target, flags.provider));
    });
}
