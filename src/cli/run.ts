import process from 'node:process';
import { CommanderError } from 'commander';
import { BerthError } from '../../clients/typescript/src/errors.ts';
import { type Context, createContext, type GlobalOptions } from './context.ts';
import { exitCodeOf, explain } from './exit.ts';
import { createProgram } from './program.ts';

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** Runs one command line. @returns the exit code */
export async function run(argv: readonly string[]): Promise<number> {
  const stop = new AbortController();
  let stoppedBy: keyof typeof SIGNALS | null = null;
  const onSignal = (name: keyof typeof SIGNALS) => {
    // The second time, whoever presses it does not want to wait for anything any more.
    if (stoppedBy !== null) process.exit(SIGNALS[name]);
    stoppedBy = name;
    stop.abort(new BerthError('cancelled', 'stopped'));
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  quietWhenNobodyReads();
  // Nobody who types a command can do anything about a deprecated call in a library (such as grpc-js naming an IP
  // address to TLS).
  Object.assign(process, { noDeprecation: true });

  let code = 0;
  let address = '';
  const program = createProgram(async (options: GlobalOptions, work: (ctx: Context) => Promise<unknown>) => {
    address = options.address;
    const ctx = await createContext(options, stop.signal);
    try {
      const result = await work(ctx);
      if (typeof result === 'number') code = result;
    } finally {
      ctx.client.close();
    }
  }, stop.signal);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return stoppedBy === null ? code : SIGNALS[stoppedBy];
  } catch (err) {
    if (stoppedBy !== null) return SIGNALS[stoppedBy];
    // commander has said what is wrong.
    if (err instanceof CommanderError) return err.exitCode === 0 ? 0 : 2;
    for (const line of explain(err, address)) process.stderr.write(`berth: ${line}\n`);
    return exitCodeOf(err);
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

/** `berth ls | head` closes the pipe early: no error, there is nobody to tell. */
function quietWhenNobodyReads(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (err: NodeJS.ErrnoException) => {
      if (err.code === 'EPIPE') process.exit(0);
      throw err;
    });
}
