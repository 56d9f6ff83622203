import process from 'node:process';
import { Command } from 'commander';

/** `berth serve`. Apart from the other commands: their common options, such as --insecure, mean something else here. */
export async function runServe(argv: readonly string[]): Promise<void> {
  const { addServeFlags, serve } = await import('./serve.ts');
  const command = new Command('berth serve')
    .description('Run a broker until SIGTERM or Ctrl-C; a second one ends it at once. SIGHUP reads the classes again.')
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'berth: ')) })
    .showHelpAfterError('(see berth serve --help)')
    .exitOverride((err) => process.exit(err.exitCode === 0 ? 0 : 2))
    .allowExcessArguments(false);
  await addServeFlags(command)
    .action(serve)
    .parseAsync([...argv], { from: 'user' });
}
