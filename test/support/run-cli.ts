import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** What V8 made of the code: kept from run to run, out of the machine's temporary folder. */
export const COMPILED = fileURLToPath(new URL('../../node_modules/.cache/compiled', import.meta.url));

export type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export type Running = {
  readonly child: ChildProcess;
  /** Resolves once stdout and stderr together hold the text. */
  said(text: string): Promise<void>;
  readonly done: Promise<Ran>;
};

/** The command line that runs berth from its sources. */
export const berthCommand = (args: readonly string[]): readonly string[] => [process.execPath, MAIN, ...args];

/** Starts the real command. The environment has nothing of BERTH_ but what is given. */
export function startCli(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const clean = Object.entries(process.env).filter(([name]) => !/^(BERTH_|NO_COLOR|FORCE_COLOR)/.test(name));
  const [program = '', ...rest] = berthCommand(args);
  const child = spawn(program, rest, {
    env: { ...Object.fromEntries(clean), NODE_COMPILE_CACHE: COMPILED, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 20_000,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const done = once(child, 'close').then(([code]): Ran => ({ code: code as number | null, stdout, stderr }));
  return {
    child,
    done,
    async said(text) {
      const ended = done.then(() => true);
      while (!`${stdout}${stderr}`.includes(text)) {
        const more = Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')]).then(() => false);
        if ((await Promise.race([ended, more])) && !`${stdout}${stderr}`.includes(text))
          throw new Error(`berth ended without saying "${text}": ${stdout}${stderr}`);
      }
    },
  };
}

export const runCli = (args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ran> =>
  startCli(args, env).done;
