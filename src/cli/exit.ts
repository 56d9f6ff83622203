import { isLoopback } from '../../clients/typescript/src/address.ts';
import { type BerthError, type BerthErrorCode, isBerthError } from '../../clients/typescript/src/errors.ts';
import { plain } from './format.ts';

/** Shown by `berth --help`. */
export const EXIT_CODES = `Exit codes:
  0  done
  1  anything else, such as a name that is in use
  2  the command line or a value was refused
  3  no such session, or it has ended
  4  refused by a limit, or nothing was to be had in time
  5  no broker answered, or not in time
  6  no token, or one that may not do this
  7  the session failed to start, or ended before it was active
  130  stopped by Ctrl-C`;

const EXIT: Readonly<Partial<Record<BerthErrorCode, number>>> = {
  'invalid-argument': 2,
  'out-of-range': 2,
  'not-found': 3,
  'failed-precondition': 3,
  'resource-exhausted': 4,
  unavailable: 5,
  'deadline-exceeded': 5,
  unauthenticated: 6,
  'permission-denied': 6,
  aborted: 7,
};

export const exitCodeOf = (err: unknown): number => (isBerthError(err) ? (EXIT[err.code] ?? 1) : 1);

/** What people read on stderr: what is wrong, with which field, and what helps. One line each. */
export function explain(err: unknown, address: string): readonly string[] {
  if (!isBerthError(err)) return [err instanceof Error ? err.message : String(err)];
  if (err.violations.length > 0) return err.violations.map((v) => `${plain(v.field)}: ${plain(v.description)}`);
  if (err.code === 'unavailable' && !err.answered) return unreachable(err, address);
  const lines = [plain(err.message)];
  for (const { subject, description } of err.quota) {
    // Said once is enough.
    if (!lines.some((line) => line.includes(plain(description)))) lines.push(plain(`${subject}: ${description}`));
  }
  const hint = hintFor(err);
  return hint === null ? lines : [...lines, `hint: ${hint}`];
}

function hintFor(err: BerthError): string | null {
  switch (err.code) {
    case 'not-found':
      return err.reason === 'SESSION_NOT_FOUND' ? 'berth ls --ended shows all sessions' : null;
    case 'unauthenticated':
      return 'give a token in BERTH_TOKEN or with --token-file';
    case 'permission-denied':
      return 'this needs an admin token';
    case 'already-exists':
      return err.reason === 'NAME_TAKEN'
        ? '--on-conflict return answers it, --on-conflict replace ends it first'
        : null;
    case 'unavailable':
      return err.retryAfterMs === null ? null : `try again in ${Math.ceil(err.retryAfterMs / 1_000)} s`;
    default:
      return null;
  }
}

/** What went wrong, and what helps where that is not to start a broker or to look for another address. */
const CAUSES: readonly (readonly [pattern: RegExp, cause: string, help?: string])[] = [
  [/ECONNREFUSED/, 'connection refused'],
  [/ENOTFOUND|EAI_AGAIN|Name resolution failed/, 'no such host'],
  [/self.signed|unable to (get|verify)|certificate/i, 'its certificate is not trusted', 'see --tls-ca'],
  [/wrong version number|ERR_SSL/, 'it does not speak TLS', 'leave --tls-ca and BERTH_TLS_CA out'],
  [/ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/, 'no route to it'],
  // Last: grpc-js says only this of a connection that was accepted and then cut.
  [/Failed to connect/, 'it hangs up', 'if it speaks TLS, see --tls-ca'],
];

function unreachable(err: BerthError, address: string): readonly string[] {
  const elsewhere = isLoopback(address) ? 'start one with: berth serve' : 'see --address and BERTH_ADDRESS';
  const [, cause, help] = CAUSES.find(([pattern]) => pattern.test(err.message)) ?? [null, plain(err.message)];
  return [`no broker answers at ${address} (${cause}); ${help ?? elsewhere}`];
}
