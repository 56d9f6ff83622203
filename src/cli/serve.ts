import { flushCompileCache } from 'node:module';
import type { Command } from 'commander';
import { loadConfig } from '../config/load.ts';
import { type Broker, runBroker } from '../main.ts';
import { giveMemoryBack } from './heap.ts';

/** Flags of `berth serve`, each for one BERTH_ variable. */
const FLAGS = [
  ['--listen <host:port>', 'BERTH_LISTEN', 'where gRPC is served'],
  ['--http-listen <host:port>', 'BERTH_HTTP_LISTEN', 'where health and metrics are served, or "off"'],
  ['--store <store>', 'BERTH_STORE', 'sqlite:FILE, redis://HOST:PORT, redis-sentinel://...'],
  ['--data-dir <dir>', 'BERTH_DATA_DIR', 'folder for what berth keeps on this machine'],
  ['--classes <file>', 'BERTH_CLASSES', 'file of session classes'],
  ['--max-instances <n>', 'BERTH_MAX_INSTANCES', 'most instances of one provider at a time'],
  ['--log-level <level>', 'BERTH_LOG_LEVEL', 'trace, debug, info, warn, error'],
  ['--insecure', 'BERTH_INSECURE', 'serve other machines without TLS'],
  ['--clear-on-start', 'BERTH_CLEAR_ON_START', 'end every session that is there at the start'],
  ['--clear-on-exit', 'BERTH_CLEAR_ON_EXIT', 'end every session before stopping'],
] as const;

const CONFIG_EXIT = 2;
const START_EXIT = 1;
const SIGNAL_EXIT = 130;

/** Adds the flags of `berth serve` to its command. */
export function addServeFlags(command: Command): Command {
  for (const [flags, variable, text] of FLAGS) command.option(flags, `${text} (${variable})`);
  return command;
}

/** Runs a broker until SIGTERM or SIGINT; a second signal ends it at once. SIGHUP reads the class file again. */
export async function serve(options: Readonly<Record<string, string | boolean | undefined>>): Promise<void> {
  let config: ReturnType<typeof loadConfig>;
  try {
    config = loadConfig({ ...process.env, ...fromFlags(options) });
  } catch (err) {
    process.stderr.write(`${messageOf(err)}\n`);
    process.exitCode = CONFIG_EXIT;
    return;
  }
  giveMemoryBack();
  let broker: Broker | null = null;
  // Before it starts: whoever reads that it has started may stop it in the same moment.
  const stopped = stopSignal(() => broker !== null);
  try {
    broker = await runBroker(config);
  } catch (err) {
    process.stderr.write(`berth could not start: ${messageOf(err)}\n`);
    process.exitCode = START_EXIT;
    return;
  }
  // Not only at the end, which a kill would skip.
  flushCompileCache();
  const { reload, stop } = broker;
  process.on('SIGHUP', () => void reload());
  await stopped;
  await stop();
  // Whatever a library still holds open is of no use to anybody now.
  process.exit(0);
}

/** Resolves at the first signal; the next one, or one while there is nothing to stop yet, ends the process at once. */
const stopSignal = (hasStarted: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    let signals = 0;
    const onSignal = (): void => {
      signals += 1;
      if (signals > 1 || !hasStarted()) process.exit(SIGNAL_EXIT);
      resolve();
    };
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, onSignal);
  });

/** Flags win over variables. */
function fromFlags(options: Readonly<Record<string, string | boolean | undefined>>): Record<string, string> {
  const set: Record<string, string> = {};
  for (const [flags, variable] of FLAGS) {
    const name =
      flags
        .split(' ')[0]
        ?.slice(2)
        .replaceAll(/-(.)/g, (_, c: string) => c.toUpperCase()) ?? '';
    const value = options[name];
    if (value !== undefined) set[variable] = String(value);
  }
  return set;
}

const messageOf = (err: unknown): string => (err instanceof Error ? err.message : String(err));
