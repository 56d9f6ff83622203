/** gRPC's status codes in words. */
export type BerthErrorCode =
  | 'cancelled'
  | 'unknown'
  | 'invalid-argument'
  | 'deadline-exceeded'
  | 'not-found'
  | 'already-exists'
  | 'permission-denied'
  | 'resource-exhausted'
  | 'failed-precondition'
  | 'aborted'
  | 'out-of-range'
  | 'unimplemented'
  | 'internal'
  | 'unavailable'
  | 'data-loss'
  | 'unauthenticated';

/** One refused field, named as in the proto, and what is accepted. */
export type FieldViolation = { readonly field: string; readonly description: string };

/** A limit that was reached, and its current use. */
export type QuotaViolation = { readonly subject: string; readonly description: string };

export type BerthErrorDetails = {
  readonly reason?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly violations?: readonly FieldViolation[];
  readonly quota?: readonly QuotaViolation[];
  readonly retryAfterMs?: number | null;
  readonly answered?: boolean;
};

/**
 * The one error that calls reject with, except for an abort, which rejects with the signal's own reason.
 * `unavailable`: the same call may be tried again (the client already did for a while). `aborted`: start over with a
 * new `requestId`. `failed-precondition`: the session is not in a state for this call.
 */
export class BerthError extends Error {
  readonly code: BerthErrorCode;
  /** Stable UPPER_SNAKE_CASE word, such as `QUEUE_TIMEOUT`; empty when the broker gave none. */
  readonly reason: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly violations: readonly FieldViolation[];
  readonly quota: readonly QuotaViolation[];
  /** The broker asks to be called again after this long, not earlier; `null`: it did not say. */
  readonly retryAfterMs: number | null;
  /** Whether a broker said so; false when none could be reached or the connection broke. */
  readonly answered: boolean;

  constructor(code: BerthErrorCode, message: string, details: BerthErrorDetails = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BerthError';
    this.code = code;
    this.reason = details.reason ?? '';
    this.metadata = details.metadata ?? {};
    this.violations = details.violations ?? [];
    this.quota = details.quota ?? [];
    this.retryAfterMs = details.retryAfterMs ?? null;
    this.answered = details.answered ?? false;
  }
}

export function isBerthError(err: unknown, ...codes: readonly BerthErrorCode[]): err is BerthError {
  return err instanceof BerthError && (codes.length === 0 || codes.includes(err.code));
}
