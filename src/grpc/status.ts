import { Metadata, type StatusObject, status } from '@grpc/grpc-js';
import { BrokerError, type ErrorCode, type ErrorDetails, type Violation } from '../domain/errors.ts';
import type { Any } from './generated/google/protobuf/Any.ts';
import { loadDetails } from './protos.ts';

/** Litmus: UNAVAILABLE = retry this call as it is; ABORTED = start over with a new request_id;
 *  FAILED_PRECONDITION = fix the state first; UNKNOWN = it may or may not have happened: look before acting. */
const STATUS: Readonly<Record<ErrorCode, status>> = {
  invalid: status.INVALID_ARGUMENT,
  unauthenticated: status.UNAUTHENTICATED,
  denied: status.PERMISSION_DENIED,
  'not-found': status.NOT_FOUND,
  'already-exists': status.ALREADY_EXISTS,
  precondition: status.FAILED_PRECONDITION,
  aborted: status.ABORTED,
  exhausted: status.RESOURCE_EXHAUSTED,
  // Nothing was written, and the request_id is still good: the same call again, not a new start.
  conflict: status.UNAVAILABLE,
  unavailable: status.UNAVAILABLE,
  'no-capacity': status.RESOURCE_EXHAUSTED,
  'refused-by-provider': status.FAILED_PRECONDITION,
  'outcome-unknown': status.UNKNOWN,
  unimplemented: status.UNIMPLEMENTED,
};

const DOMAIN = 'berth';
const DETAILS_KEY = 'grpc-status-details-bin';
/** With UNAVAILABLE, where the thrower named no time [ms]. */
const RETRY_AFTER_MS = 1_000;

// All trailers of one answer together must stay below 8 KiB: that is what gRPC's C core (Python, C++, Ruby) accepts
// of headers by default, and a client that refuses the trailers sees no error at all but a broken call.
/** Of `grpc-message`, after its percent-encoding. */
const MESSAGE_BYTES = 1_536;
/** Of all details, before their base64 (4/3). */
const DETAIL_BYTES = 4_096;
const TEXT_LENGTH = 400;

const proto = loadDetails();

/** What a call ends with. Everything but a BrokerError and the end of a call is a fault of ours: the client gets a
 *  fixed text, `onUnexpected` the error. */
export function toStatus(err: unknown, onUnexpected: (err: unknown) => void): StatusObject {
  if (err instanceof BrokerError) return answer(STATUS[err.code], err.message, reasonOf(err), err.details);
  if (isAbort(err)) return answer(status.CANCELLED, 'the call was cancelled', 'CANCELLED', {});
  onUnexpected(err);
  return answer(status.INTERNAL, 'internal error', 'INTERNAL', {});
}

export const isAbort = (err: unknown): boolean => err instanceof Error && err.name === 'AbortError';

const reasonOf = (err: BrokerError): string => err.details.reason ?? err.code.toUpperCase().replaceAll('-', '_');

function answer(code: status, message: string, reason: string, details: ErrorDetails): StatusObject {
  const metadata = new Metadata();
  const text = cutMessage(message);
  const bytes = proto.Status.serialize({ code, message: text, details: detailsOf(code, reason, details, text.length) });
  metadata.set(DETAILS_KEY, bytes);
  return { code, details: text, metadata };
}

function detailsOf(code: status, reason: string, given: ErrorDetails, used: number): Any[] {
  const all: Any[] = [];
  let left = DETAIL_BYTES - used;
  const add = (name: string, value: Buffer): void => {
    left -= value.length;
    all.push({ type_url: `type.googleapis.com/google.rpc.${name}`, value });
  };
  add('ErrorInfo', proto.ErrorInfo.serialize({ reason, domain: DOMAIN, metadata: shortRecord(given.metadata) }));
  const retryMs = given.retryAfterMs ?? (code === status.UNAVAILABLE ? RETRY_AFTER_MS : null);
  if (retryMs !== null) {
    const retryDelay = { seconds: Math.floor(retryMs / 1_000), nanos: Math.round(retryMs % 1_000) * 1_000_000 };
    add('RetryInfo', proto.RetryInfo.serialize({ retryDelay }));
  }
  if (given.quota !== undefined) {
    const { subject, description } = given.quota;
    const violations = [{ subject: short(subject), description: short(description) }];
    add('QuotaFailure', proto.QuotaFailure.serialize({ violations }));
  }
  if (given.violations !== undefined) {
    const fieldViolations = fitting(given.violations, left);
    add('BadRequest', proto.BadRequest.serialize({ fieldViolations }));
  }
  return all;
}

/** As many violations as fit; the last one then says how many were left out. */
function fitting(violations: readonly Violation[], bytes: number): Violation[] {
  const kept: Violation[] = [];
  let left = bytes - 100;
  for (const { field, description } of violations) {
    const one = { field: short(field), description: short(description) };
    left -= Buffer.byteLength(one.field) + Buffer.byteLength(one.description) + 8;
    if (left < 0) {
      kept.push({ field: '', description: `and ${violations.length - kept.length} more` });
      break;
    }
    kept.push(one);
  }
  return kept;
}

/** At most this many entries of metadata, each shortened: it is for programs, not for texts. */
const METADATA_ENTRIES = 12;
const METADATA_LENGTH = 128;

const shortRecord = (record: Readonly<Record<string, string>> = {}): Record<string, string> =>
  Object.fromEntries(
    Object.entries(record)
      .slice(0, METADATA_ENTRIES)
      .map(([key, value]) => [key, value.slice(0, METADATA_LENGTH).toWellFormed()]),
  );

/** Well-formed, because lone surrogates are not UTF-8, and percent-encoding them throws. */
const short = (text: string): string =>
  text.length <= TEXT_LENGTH ? text.toWellFormed() : `${text.slice(0, TEXT_LENGTH).toWellFormed()}…`;

/** grpc-js percent-encodes the message with encodeURI: a character may take 9 bytes. */
function cutMessage(message: string): string {
  let text = message.toWellFormed();
  for (let most = MESSAGE_BYTES; encodeURI(text).length > MESSAGE_BYTES; most = Math.floor(most / 2))
    text = `${message.slice(0, most).toWellFormed()}…`;
  return text;
}
