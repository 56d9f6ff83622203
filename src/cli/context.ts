import { readFileSync } from 'node:fs';
import process from 'node:process';
import type { BerthClient, TlsOptions } from '../../clients/typescript/src/client.ts';
import { usage } from './parse.ts';

/** The options that every command takes. */
export type GlobalOptions = {
  readonly address: string;
  readonly tokenFile?: string;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly insecure?: boolean;
  readonly json?: boolean;
  readonly color: boolean;
};

/** What a command works with. */
export type Context = {
  readonly client: BerthClient;
  readonly address: string;
  readonly json: boolean;
  /** Whether stdout shows colors. */
  readonly color: boolean;
  /** Width of the terminal; infinite where stdout is none. */
  readonly columns: number;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
  /** Results. */
  out(text: string): void;
  /** One JSON document. */
  document(value: unknown): void;
  /** What people are told beside the result. */
  note(text: string): void;
};

/** Connects, does the work, disconnects. A number that the work answers is the exit code. */
export type Execute = (options: GlobalOptions, work: (ctx: Context) => Promise<unknown>) => Promise<void>;

/** How long a broker that is not there is waited for: one that restarts is met, one that is not running is named at
 *  once [ms]. */
const UNREACHABLE_FOR_MS = 500;

/** Connects as the options and the environment say. */
export async function createContext(options: GlobalOptions, signal: AbortSignal): Promise<Context> {
  // Here and not above: it loads gRPC, which --help and wrong usage do not need.
  const { createClient } = await import('../../clients/typescript/src/client.ts');
  const { address, insecure = false } = options;
  const token = tokenOf(options);
  const tls = tlsOf(options);
  const client = createClient({
    address,
    insecure,
    unreachableForMs: UNREACHABLE_FOR_MS,
    ...(token === '' ? {} : { token }),
    ...(tls === null ? {} : { tls }),
  });
  const out = (text: string) => void process.stdout.write(`${text}\n`);
  return {
    client,
    address,
    json: options.json ?? false,
    color: options.color && process.stdout.isTTY === true && !process.env.NO_COLOR,
    columns: columnsOf(process.stdout),
    signal,
    out,
    document: (value) => out(JSON.stringify(value, null, 2)),
    note: (text) => void process.stderr.write(`${text}\n`),
  };
}

/** A terminal may say 0 where nobody told it its size. */
export const columnsOf = (stream: NodeJS.WriteStream): number =>
  stream.isTTY ? stream.columns || 80 : Number.POSITIVE_INFINITY;

/** The token comes from a file or the environment: arguments stand in the process list. */
function tokenOf({ tokenFile }: GlobalOptions): string {
  return tokenFile === undefined
    ? (process.env.BERTH_TOKEN ?? '').trim()
    : readOption('--token-file', tokenFile).toString().trim();
}

function tlsOf({ tlsCa, tlsCert, tlsKey }: GlobalOptions): TlsOptions | null {
  if (tlsCa === undefined && tlsCert === undefined && tlsKey === undefined) return null;
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw usage(tlsCert === undefined ? '--tls-cert' : '--tls-key', '--tls-cert and --tls-key go together');
  return {
    // "system" names the authorities that the system trusts.
    ...(tlsCa === undefined || tlsCa === 'system' ? {} : { ca: readOption('--tls-ca', tlsCa) }),
    ...(tlsCert === undefined ? {} : { cert: readOption('--tls-cert', tlsCert) }),
    ...(tlsKey === undefined ? {} : { key: readOption('--tls-key', tlsKey) }),
  };
}

/** A file that an option names. */
export function readOption(option: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (err) {
    const code = err instanceof Error && 'code' in err ? String(err.code) : 'unreadable';
    throw usage(option, `${file} cannot be read (${code === 'ENOENT' ? 'no such file' : code})`);
  }
}
