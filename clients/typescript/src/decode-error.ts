import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { BerthError, type BerthErrorCode, type BerthErrorDetails } from './errors.ts';
import type { Duration__Output } from './generated/google/protobuf/Duration.ts';
import { detailsProto } from './proto.ts';

const CODES: Readonly<Record<number, BerthErrorCode>> = {
  [status.CANCELLED]: 'cancelled',
  [status.UNKNOWN]: 'unknown',
  [status.INVALID_ARGUMENT]: 'invalid-argument',
  [status.DEADLINE_EXCEEDED]: 'deadline-exceeded',
  [status.NOT_FOUND]: 'not-found',
  [status.ALREADY_EXISTS]: 'already-exists',
  [status.PERMISSION_DENIED]: 'permission-denied',
  [status.RESOURCE_EXHAUSTED]: 'resource-exhausted',
  [status.FAILED_PRECONDITION]: 'failed-precondition',
  [status.ABORTED]: 'aborted',
  [status.OUT_OF_RANGE]: 'out-of-range',
  [status.UNIMPLEMENTED]: 'unimplemented',
  [status.INTERNAL]: 'internal',
  [status.UNAVAILABLE]: 'unavailable',
  [status.DATA_LOSS]: 'data-loss',
  [status.UNAUTHENTICATED]: 'unauthenticated',
};

/** What a call failed with, with the google.rpc details that the broker attached. Never throws. */
export function decodeError(err: unknown): BerthError {
  if (err instanceof BerthError) return err;
  if (!isServiceError(err)) return new BerthError('internal', err instanceof Error ? err.message : String(err));
  const code = CODES[err.code] ?? 'unknown';
  return new BerthError(code, err.details || err.message, detailsOf(err.metadata), { cause: err });
}

const isServiceError = (err: unknown): err is ServiceError =>
  err instanceof Error && 'code' in err && typeof err.code === 'number' && 'details' in err;

/** Details that cannot be read are left out: the code and the text still tell something. */
function detailsOf(metadata: Metadata | undefined): BerthErrorDetails {
  const [bytes] = metadata instanceof Metadata ? metadata.get('grpc-status-details-bin') : [];
  if (!(bytes instanceof Buffer)) return {};
  try {
    const { rpc } = detailsProto().google;
    let found: BerthErrorDetails = {};
    for (const { type_url, value } of rpc.Status.deserialize(bytes).details)
      found = { ...found, ...detailOf(type_url.slice(type_url.lastIndexOf('/') + 1), value) };
    return found;
  } catch {
    return {};
  }
}

function detailOf(type: string, value: Buffer): BerthErrorDetails {
  const { rpc } = detailsProto().google;
  switch (type) {
    case 'google.rpc.ErrorInfo': {
      const { reason, domain, metadata } = rpc.ErrorInfo.deserialize(value);
      return { reason, metadata: { ...metadata }, answered: domain === 'berth' };
    }
    case 'google.rpc.BadRequest': {
      const { fieldViolations } = rpc.BadRequest.deserialize(value);
      return { violations: fieldViolations.map(({ field, description }) => ({ field, description })) };
    }
    case 'google.rpc.QuotaFailure': {
      const { violations } = rpc.QuotaFailure.deserialize(value);
      return { quota: violations.map(({ subject, description }) => ({ subject, description })) };
    }
    case 'google.rpc.RetryInfo':
      return { retryAfterMs: msOrNull(rpc.RetryInfo.deserialize(value).retryDelay) };
    default:
      return {};
  }
}

const msOrNull = (d: Duration__Output | null): number | null =>
  d === null ? null : d.seconds * 1_000 + Math.ceil(d.nanos / 1e6);
