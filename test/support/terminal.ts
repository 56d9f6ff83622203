import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { berthCommand } from './run-cli.ts';

/** The command on a terminal of its own. */
export type Terminal = {
  /** All that it was sent so far, with what steers it. */
  screen(): string;
  type(keys: string): void;
  /** Resolves with the exit code. */
  readonly done: Promise<number | null>;
};

/** @param args of the command; BERTH_ variables only as in `env` */
export function openTerminal(
  size: { readonly columns: number; readonly rows: number },
  env: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Terminal {
  const clean = Object.entries(process.env).filter(([name]) => !/^(BERTH_|NO_COLOR|FORCE_COLOR)/.test(name));
  const command = berthCommand(args).map((word) => `'${word}'`);
  const inner = `stty cols ${size.columns} rows ${size.rows}; exec ${command.join(' ')}`;
  const child = spawn('script', ['-qec', inner, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...Object.fromEntries(clean), ...env },
    timeout: 20_000,
  });
  let screen = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text;
  });
  child.stdin.on('error', () => undefined);
  return {
    screen: () => screen,
    type: (keys) => void child.stdin.write(keys),
    done: once(child, 'close').then(([code]) => code as number | null),
  };
}
