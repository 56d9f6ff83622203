import type { Cause } from '../../domain/cause.ts';
import type { Addresses } from '../../domain/endpoint.ts';
import type { Seen } from '../../ports/compute-provider.ts';
import { portsIn } from './port-book.ts';
import { oneLine } from './problems.ts';
import type { InstanceWire } from './wire.ts';

const MAX_DETAIL = 200;
/** Looked at of each end of a status text: a host can make it as long as it likes, and to look for words takes the
 *  square of it (200 s for 1 MB, 2026-11). */
const MAX_LOOKED_AT = 2_000;

/** What text says that a start has failed, in docker's words, and whose failing it is. The first that matches counts. */
const FAILURES: readonly { readonly cause: Cause; readonly text: RegExp }[] = [
  // The host's own programs are missed in the same words as the image's.
  { cause: 'runtime', text: /nvidia-container|containerd-shim|docker-credential|\bhooks? #\d/i },
  {
    cause: 'ours',
    text: /manifest (for .+ )?(unknown|not found)|manifest unknown|pull access denied|requested access to the resource is denied|repository does not exist|unauthorized|authentication required|incorrect username or password|no such image|invalid reference format|executable file not found|exec:? .*(not found|no such file)/i,
  },
  {
    cause: 'runtime',
    text: /oci runtime|runc |containerd|could not select device driver|failed to create (task|shim)|failed to start container|error mounting|driver failed programming/i,
  },
  {
    cause: 'pull',
    text: /error response from daemon|toomanyrequests|no space left on device|failed to (pull|register layer)|error pulling|filesystem layer verification failed|tls handshake timeout|i\/o timeout|unexpected eof/i,
  },
];

/** What its status text says went wrong; null: nothing, as far as one can tell. */
export function failureIn(said: string): Cause | null {
  const text = endsOf(said);
  if (/^success, running/i.test(text)) return null;
  return FAILURES.find((f) => f.text.test(text))?.cause ?? null;
}

const endsOf = (said: string): string =>
  said.length <= 2 * MAX_LOOKED_AT ? said : `${said.slice(0, MAX_LOOKED_AT)}\n${said.slice(-MAX_LOOKED_AT)}`;

/** Where waiting a little is worth it. The console calls the second "scheduling". */
export type Standstill = 'gone-dark' | 'no-room';

/** What one look at a row depends on beside the row. */
export type Looking = {
  readonly nowMs: number;
  readonly refuses: (address: string) => string | null;
  /** How long that has been so, of this instance [ms]; remembered from look to look. */
  readonly howLong: (state: Standstill | null) => number;
  /** Waited for a host that is offline, or that has no room, before it is given up [ms]. */
  readonly patienceMs: number;
};

const exited = (detail: string, cause: Cause): Seen => ({ status: 'exited', detail, cause });
const starting = (detail: string): Seen => ({ status: 'starting', detail });

/** One look at one row. */
type Look = Looking & {
  readonly row: InstanceWire;
  readonly status: string | null;
  readonly text: string;
  readonly standstill: Standstill | null;
  readonly waitedMs: number;
};

/**
 * `actual_status` alone says too little: a pull that failed shows `loading` for ever, a stopped instance `exited`. So
 * what the provider intends, and its text, are looked at first.
 */
export function toSeen(row: InstanceWire, l: Looking): Seen {
  const text = oneLine(endsOf(row.status_msg ?? ''), MAX_DETAIL);
  const status = row.actual_status ?? null;
  const standstill = standstillOf(row);
  const look = { ...l, row, status, text, standstill, waitedMs: l.howLong(standstill) };
  for (const rule of RULES) {
    const seen = rule(look);
    if (seen !== null) return seen;
  }
  return starting(text === '' ? (status ?? 'is being made') : text);
}

/** The first that says something counts. */
const RULES: readonly ((l: Look) => Seen | null)[] = [
  ({ row, nowMs }) =>
    typeof row.end_date === 'number' && row.end_date > 0 && row.end_date * 1000 <= nowMs
      ? exited('its offer has ended', 'preempted')
      : null,
  ({ row, status, text }) => {
    const failure = status === 'running' ? null : failureIn(row.status_msg ?? '');
    return failure === null ? null : exited(text, failure);
  },
  // Nobody bids against an on-demand instance, but at zero credit and at the host's wish it is stopped all the same.
  ({ row, text }) =>
    isStopped(row.intended_status) ? exited(`Vast.ai stopped it${text === '' ? '' : `: ${text}`}`, 'preempted') : null,
  standing,
  (l) => (l.status === 'running' ? runningOf(l) : null),
  ({ status, text }) => (isStopped(status) ? exited(text === '' ? `it is ${status}` : text, 'exited') : null),
];

function standing({ standstill, status, text, waitedMs, patienceMs }: Look): Seen | null {
  const isOver = waitedMs >= patienceMs;
  switch (standstill) {
    case 'gone-dark': {
      const detail = `its host is ${status}`;
      return isOver ? exited(detail, 'offline') : { status: 'unreadable', detail };
    }
    case 'no-room':
      if (isOver) return exited(`its host has no room: ${text}`, 'preempted');
      return starting(text === '' ? 'waits for room on its host' : text);
    case null:
      return null;
  }
}

const isStopped = (status: string | null | undefined): boolean =>
  status === 'stopped' || status === 'exited' || status === 'frozen';

function standstillOf(row: InstanceWire): Standstill | null {
  if (row.actual_status === 'offline' || row.actual_status === 'unknown') return 'gone-dark';
  if (row.actual_status === 'running') return null;
  return row.intended_status === 'running' && row.cur_state === 'stopped' ? 'no-room' : null;
}

function runningOf({ row, refuses }: Look): Seen {
  // Some machines' ends in a newline.
  const host = row.public_ipaddr?.trim() ?? '';
  const ports = portsIn(row);
  if (ports === null) return starting('its ports are not told');
  const addresses = ports.flatMap(({ name, protocol, number }): Addresses => {
    const port = outerOf(row, number);
    return port === null ? [] : [{ name, protocol, host, port }];
  });
  if (host === '' || addresses.length < ports.length) return starting('waits for its ports');
  const refused = refuses(host);
  if (refused !== null) return exited(refused, 'runtime');
  return { status: 'running', addresses };
}

/** The first binding counts: the others are the same port on other families. It comes as text. */
function outerOf(row: InstanceWire, inner: number): number | null {
  const port = Number(row.ports?.[`${inner}/tcp`]?.[0]?.HostPort ?? Number.NaN);
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : null;
}
