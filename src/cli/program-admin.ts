import { type Command, Option } from 'commander';
import type { Execute } from './context.ts';

/** For admins; `classes` is for all. */
export function addAdminCommands(program: Command, execute: Execute): void {
  const load = () => import('./commands/admin.ts');
  program
    .command('classes')
    .description('list the session classes')
    .action(async (_: unknown, command: Command) => {
      const { classes } = await load();
      await execute(command.optsWithGlobals(), classes);
    });
  program
    .command('status')
    .description('how the broker is (admins)')
    .action(async (_: unknown, command: Command) => {
      const { status } = await load();
      await execute(command.optsWithGlobals(), status);
    });
  program
    .command('terminate')
    .description("end any tenant's session (admins)")
    .argument('<id>', "the session's id")
    .option('--detail <text>', 'why, for its owner and the log', '')
    .action(async (id: string, flags: { detail: string }, command: Command) => {
      const { terminate } = await import('./commands/sessions.ts');
      await execute(command.optsWithGlobals(), (ctx) => terminate(ctx, id, flags.detail));
    });
  const reserve = program.command('reserve').description('the ready instances that a class keeps (admins)');
  reserve
    .command('get')
    .description('show the reserves')
    .argument('[class]', 'only this class')
    .action(async (className: string | undefined, _: unknown, command: Command) => {
      const { getReserve } = await load();
      await execute(command.optsWithGlobals(), (ctx) => getReserve(ctx, className));
    });
  reserve
    .command('set')
    .description('set how many a class keeps; holds over restarts')
    .argument('<class>')
    .argument('<n>', 'instances to keep ready, or "default": as the class is configured')
    .action(async (className: string, target: string, _: unknown, command: Command) => {
      const { setReserve } = await load();
      await execute(command.optsWithGlobals(), (ctx) => setReserve(ctx, className, target));
    });
}

export function addTokenCommands(program: Command, execute: Execute): void {
  const load = () => import('./commands/admin.ts');
  const token = program.command('token').description('bearer tokens (admins)');
  token
    .command('create')
    .description('make a token and print it, this once; the first one must be an admin token')
    .addOption(new Option('--role <role>', 'what it may do').choices(['client', 'admin']).default('client'))
    .option('--tenant <tenant>', 'whose sessions it is for', 'default')
    .option('--note <text>', 'for people, such as whom it was given to')
    .action(async (flags: { tenant: string; role: 'client' | 'admin'; note?: string }, command: Command) => {
      const { createToken } = await load();
      await execute(command.optsWithGlobals(), (ctx) => createToken(ctx, flags));
    });
  token
    .command('ls')
    .description('list tokens, without the secrets')
    .action(async (_: unknown, command: Command) => {
      const { listTokens } = await load();
      await execute(command.optsWithGlobals(), listTokens);
    });
  token
    .command('revoke')
    .description('make a token useless')
    .argument('<id>', 'as berth token ls shows it')
    .action(async (id: string, _: unknown, command: Command) => {
      const { revokeToken } = await load();
      await execute(command.optsWithGlobals(), (ctx) => revokeToken(ctx, id));
    });
}
