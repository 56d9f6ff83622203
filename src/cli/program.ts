import { Command, Option } from 'commander';
import type { AcquireFlags } from './commands/acquire.ts';
import type { ListFlags } from './commands/sessions.ts';
import type { Execute } from './context.ts';
import { EXIT_CODES } from './exit.ts';
import { parseCount } from './parse.ts';
import { addAdminCommands, addTokenCommands } from './program-admin.ts';
import { addDoctor, addLookCommands } from './program-look.ts';
import { addMarketCommands, addQuote } from './program-market.ts';
import { addRequirements, arg, duration, pair, words } from './program-options.ts';
import { version } from './system.ts';

const REF_HELP = `
SESSION is a session's id, its name, or request:ID (what it was acquired with).`;
const VALUES_HELP = `
Durations: 90s, 20m, 1h30m, 7d. Sizes: 512Mi, 2Gi (powers of 1,024), 10GB (of 1,000), or bytes.
A connection that breaks, or Ctrl-C, never releases a session: berth says how.`;

/** The command line. Each command's code is loaded when it runs.
 *  @param signal ends what runs without `execute` */
export function createProgram(execute: Execute, signal: AbortSignal): Command {
  const program = new Command('berth')
    .description('Sessions: one isolated, running instance behind a stable endpoint, per client.')
    .version(version(), '-V, --version', 'print the version of this command')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'berth: ')) })
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(berth --help shows all commands, berth COMMAND --help one)')
    .addHelpText('after', `\n${EXIT_CODES}`)
    .addOption(new Option('--address <host:port>', 'the broker').env('BERTH_ADDRESS').default('127.0.0.1:7700'))
    .addOption(
      new Option('--token-file <file>', 'bearer token; BERTH_TOKEN may hold the token itself').env('BERTH_TOKEN_FILE'),
    )
    .addOption(new Option('--tls-ca <file>', 'use TLS; whom to trust (PEM), or "system"').env('BERTH_TLS_CA'))
    .addOption(new Option('--tls-cert <file>', 'client certificate (PEM)').env('BERTH_TLS_CERT'))
    .addOption(new Option('--tls-key <file>', "the client certificate's key (PEM)").env('BERTH_TLS_KEY'))
    .option('--insecure', 'send a token without TLS to another machine')
    .option('--json', 'print JSON: one document, or one per line where states follow each other')
    .option('--no-color', 'no colors (as NO_COLOR)');
  program
    .command('serve')
    .description('run a broker')
    .helpOption(false)
    .allowUnknownOption()
    .argument('[options...]', 'berth serve --help lists them')
    // Only met when a common option comes before the word; main.ts takes all else.
    .action(async (_: unknown, __: unknown, command: Command) => {
      const { runServe } = await import('./serve-command.ts');
      await runServe(command.args);
    });
  program
    .command('demo')
    .description('see it work: a broker of its own, two sessions, nothing left behind')
    .action(async () => {
      const { demo } = await import('./demo.ts');
      await demo(signal);
    });
  addAcquire(program, execute);
  addQuote(program, execute);
  addSessionCommands(program, execute);
  addFollowCommands(program, execute);
  addLookCommands(program, execute);
  addDoctor(program, execute);
  addMarketCommands(program, execute);
  addAdminCommands(program, execute);
  addTokenCommands(program, execute);
  return program;
}

function addAcquire(program: Command, execute: Execute): void {
  const command = program
    .command('acquire')
    .description('ask for a session and wait until it is active')
    .argument('<class>', 'session class; berth classes lists them')
    .argument('[command...]', "after --: in place of the class's command, where the class allows it")
    .option('--name <name>', "unique among the tenant's living sessions")
    .addOption(
      new Option('--on-conflict <what>', 'when a living session has that name').choices(['fail', 'return', 'replace']),
    )
    .option('--owner <owner>', 'the end user')
    .option('--label <key=value>', 'may be given again', pair)
    .option('--env <name=value>', "the instance's environment; may be given again", pair)
    .option('--env-file <file>', 'the same from a file of lines NAME=value');
  addRequirements(command)
    .option('--lifetime <duration>', 'from active on', duration)
    .option('--idle-timeout <duration>', 'end when not used for so long; 0: never', duration)
    .option('--queue-timeout <duration>', 'how long to wait for capacity', duration)
    .option(
      '--wait <duration>',
      'how long to wait for active; 0: not at all (default: until active or ended)',
      duration,
    )
    .option('--request-id <id>', 'idempotency key: the same one answers the same session')
    .addHelpText('after', VALUES_HELP)
    .action(async (className: string, words: string[], flags: AcquireFlags, command: Command) => {
      const { acquire } = await import('./commands/acquire.ts');
      await execute(command.optsWithGlobals(), (ctx) => acquire(ctx, className, words, flags));
    });
}

function addSessionCommands(program: Command, execute: Execute): void {
  const load = () => import('./commands/sessions.ts');
  program
    .command('release')
    .description('end sessions')
    .argument('<session...>', 'ids, names or request:ID')
    .addHelpText('after', REF_HELP)
    .action(async (refs: string[], _: unknown, command: Command) => {
      const { release } = await load();
      await execute(command.optsWithGlobals(), (ctx) => release(ctx, refs));
    });
  program
    .command('get')
    .description('show one session, also for 24 h after its end')
    .argument('<session>')
    .addHelpText('after', REF_HELP)
    .action(async (ref: string, _: unknown, command: Command) => {
      const { get } = await load();
      await execute(command.optsWithGlobals(), (ctx) => get(ctx, ref));
    });
  program
    .command('ls')
    .description('list sessions, the oldest first')
    .option('--class <class>', 'only this class')
    .option('--phase <phase>', 'only these phases: queued, starting, activating, active, releasing, released', words)
    .option('--owner <owner>', 'only this owner')
    .option('--label <key=value>', 'only with this label; may be given again', pair)
    .option('--tenant <tenant>', 'only this tenant (admins; without it they see every tenant)')
    .option('--all-tenants', 'show whose each session is')
    .option('--ended', 'ended ones too')
    .option('-q, --quiet', 'only ids, one a line')
    .action(async (flags: ListFlags, command: Command) => {
      const { list } = await load();
      await execute(command.optsWithGlobals(), (ctx) => list(ctx, flags));
    });
  program
    .command('extend')
    .description("move the end of a session's lifetime")
    .argument('<session>')
    .argument('<end>', '+30m: after its present end; 30m: from now; or a time such as 2030-01-31T18:00Z')
    .addHelpText('after', REF_HELP)
    .action(async (ref: string, end: string, _: unknown, command: Command) => {
      const { extend } = await load();
      await execute(command.optsWithGlobals(), (ctx) => extend(ctx, ref, end));
    });
  program
    .command('logs')
    .description("print what a session's instance wrote, as it is")
    .argument('<session>')
    .option('-f, --follow', 'go on as it writes')
    .option(
      '--tail <lines>',
      'begin so many lines before the end',
      arg((t) => parseCount(t)),
    )
    .addHelpText('after', REF_HELP)
    .action(async (ref: string, flags: { follow?: boolean; tail?: number }, command: Command) => {
      const { logs } = await load();
      await execute(command.optsWithGlobals(), (ctx) => logs(ctx, ref, flags.follow ?? false, flags.tail));
    });
}

function addFollowCommands(program: Command, execute: Execute): void {
  const load = () => import('./commands/watch.ts');
  program
    .command('watch')
    .description('print each state of a session until it is released')
    .argument('<session>')
    .addHelpText('after', REF_HELP)
    .action(async (ref: string, _: unknown, command: Command) => {
      const { watch } = await load();
      await execute(command.optsWithGlobals(), (ctx) => watch(ctx, ref));
    });
  program
    .command('keepalive')
    .description('say that a session is in use')
    .argument('<session>')
    .option('--every <duration>', 'again and again, until Ctrl-C or its end', duration)
    .addHelpText('after', REF_HELP)
    .action(async (ref: string, flags: { every?: number }, command: Command) => {
      const { keepAlive } = await load();
      await execute(command.optsWithGlobals(), (ctx) => keepAlive(ctx, ref, flags.every));
    });
}
