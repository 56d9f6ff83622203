import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../simulators/vastai/main.ts', import.meta.url));

const SIM_KEY = 'sim-key';

/** One instance as the simulator has it, whatever it tells its renter. Times in epoch ms, money in $ and $/h. */
export type SimInstance = {
  readonly id: number;
  readonly ask_id: number;
  readonly label: string | null;
  readonly machine_id: number;
  readonly host_id: number;
  readonly image: string;
  readonly actual: string | null;
  readonly intended: string;
  readonly msg: string | null;
  /** What its last start was struck by. */
  readonly fault: string | null;
  readonly cost: number;
  readonly dollars_per_hour: number;
  readonly created_ms: number;
  readonly ran_from_ms: number | null;
  readonly gone_ms: number | null;
  readonly destroyed: boolean;
};

export type SimRule = {
  readonly id: number;
  readonly fault: string;
  readonly endpoint?: string;
  readonly body: string;
  readonly strikes: number;
};

export type SimState = {
  readonly now_ms: number;
  readonly meter: {
    readonly alive: number;
    readonly dollars_per_hour: number;
    readonly spent: number;
    readonly credit: number;
  };
  readonly instances: readonly SimInstance[];
  readonly endpoints: Readonly<
    Record<string, { readonly calls: number; readonly limited: number; readonly byStatus: Record<string, number> }>
  >;
  readonly intervals_s: Readonly<Record<string, { readonly gapS: number }>>;
  readonly searches_per_minute: number;
  readonly searches_today: number;
  readonly faults: readonly SimRule[];
};

export type SimOptions = {
  readonly seed?: string;
  readonly machines?: number;
  readonly badness?: number;
  readonly bootFactor?: number;
  readonly limitsFactor?: number;
  readonly searches?: number;
  /** A file of images, see the simulator's README. */
  readonly images?: string;
};

/** The simulator in a process of its own, and how it is steered. */
export type SimProcess = {
  readonly url: string;
  /** @param recent so many of the instances that are gone, beside all that live */
  state(recent?: number): Promise<SimState>;
  /** @throws Error when it does not want to */
  steer<T = unknown>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<T>;
  fault(fault: string, rule?: object): Promise<SimRule>;
  /** Rents the cheapest GPU, as anybody else with the account's key might. @returns its id there */
  rent(label: string): Promise<number>;
  /** What makes a broker rent here. @param pace factor of its own pauses between calls */
  env(pace: number): Readonly<Record<string, string>>;
  /** Ends it and everything that it runs. */
  stop(): Promise<void>;
};

export async function startSimProcess(o: SimOptions = {}): Promise<SimProcess> {
  // A group of its own: an interrupt from the terminal is for who has started it, who then ends it last.
  const child = fork(PROGRAM, flagsOf(o), {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    execArgv: [],
    detached: true,
  });
  const url = await firstLine(child);
  const send = async (path: string, init: RequestInit): Promise<string> => {
    const response = await fetch(url + path, init);
    const text = await response.text();
    if (response.status !== 200) throw new Error(`the simulator answered ${response.status} to ${path}: ${text}`);
    return text;
  };
  const json = (body: unknown): RequestInit => (body === undefined ? {} : { body: JSON.stringify(body) });
  async function steer<T>(method: string, path: string, body?: unknown): Promise<T> {
    return JSON.parse(await send(`/_sim/${path}`, { method, ...json(body) })) as T;
  }
  const api = async (method: string, path: string, body: unknown): Promise<unknown> =>
    JSON.parse(await send(path, { method, headers: { authorization: `Bearer ${SIM_KEY}` }, ...json(body) }));
  return {
    url,
    steer,
    state: (recent = 0) => steer('GET', `state?recent=${recent}`),
    fault: (fault, rule = {}) => steer('POST', 'faults', { fault, ...rule }),
    async rent(label) {
      const query = { num_gpus: { eq: 1 }, order: [['dph_total', 'asc']], limit: 1 };
      const { offers } = (await api('POST', '/api/v0/bundles/', query)) as {
        readonly offers: { readonly id: number }[];
      };
      const order = { image: 'example/inline:1', disk: 10, label, env: { '-p 8000:8000': '1' } };
      const made = (await api('PUT', `/api/v0/asks/${offers[0]?.id}/`, order)) as { readonly new_contract: number };
      return made.new_contract;
    },
    env: (pace) => ({
      BERTH_VASTAI_KEY: SIM_KEY,
      BERTH_VASTAI_URL: url,
      BERTH_VASTAI_PACE: `${pace}`,
      BERTH_VASTAI_UPSTREAMS: '127.0.0.0/8',
    }),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function flagsOf(o: SimOptions): string[] {
  const flags = {
    port: 0,
    seed: o.seed,
    machines: o.machines,
    badness: o.badness,
    'boot-factor': o.bootFactor,
    'limits-factor': o.limitsFactor,
    searches: o.searches,
    images: o.images,
  };
  return Object.entries(flags).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, `${value}`]));
}

/** Where it is. @throws Error when it ends before it says so */
async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the simulator has no output');
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the simulator ended with ${code}`)));
  const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string];
  ended.catch(() => undefined);
  lines.on('line', () => undefined);
  return line;
}
