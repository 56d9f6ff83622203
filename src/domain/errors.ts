/**
 * The closed list of what can go wrong. `src/grpc/status.ts` maps each to one gRPC status.
 * - `invalid`: the request is malformed or out of range; `violations` name the fields
 * - `unauthenticated`, `denied`: no or a wrong token; a token that may not do this
 * - `not-found`, `already-exists`
 * - `precondition`: the session is not in a state for this call
 * - `aborted`: start over with a new request_id
 * - `exhausted`: a limit, quota or queue deadline; `quota` names it
 * - `conflict`: another writer was faster, repeatedly
 * - `unavailable`: the store or a provider cannot be reached, or the broker stops: retry this call
 * - `no-capacity`: a provider surely rented nothing
 * - `refused-by-provider`: a provider surely rented nothing and a retry will not help (bad command, bad image)
 * - `outcome-unknown`: a provider or the store may or may not have done what was asked: look before acting
 * - `unimplemented`: the provider cannot do this
 */
export type ErrorCode =
  | 'invalid'
  | 'unauthenticated'
  | 'denied'
  | 'not-found'
  | 'already-exists'
  | 'precondition'
  | 'aborted'
  | 'exhausted'
  | 'conflict'
  | 'unavailable'
  | 'no-capacity'
  | 'refused-by-provider'
  | 'outcome-unknown'
  | 'unimplemented';

/** One field of a request that was refused: its name as in the proto, what was wrong, what is accepted. */
export type Violation = { readonly field: string; readonly description: string };

export type ErrorDetails = {
  /** Stable UPPER_SNAKE_CASE word for programs: google.rpc.ErrorInfo.reason. */
  readonly reason?: string;
  /** google.rpc.ErrorInfo.metadata. Never a secret. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly violations?: readonly Violation[];
  /** google.rpc.QuotaFailure: the limit and its current use. */
  readonly quota?: { readonly subject: string; readonly description: string };
  /** google.rpc.RetryInfo: call again after this long [ms]. */
  readonly retryAfterMs?: number;
};

/** The one error class. Its message reaches the client: no secrets, no stack, no paths of this machine. */
export class BrokerError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BrokerError';
    this.code = code;
    this.details = details;
  }
}

/** An `invalid` error that names every refused field. */
export function invalid(violations: readonly Violation[]): BrokerError {
  const text = violations.map((v) => `${v.field}: ${v.description}`).join('; ');
  return new BrokerError('invalid', text, { reason: 'INVALID_ARGUMENT', violations });
}

export function isBrokerError(err: unknown, ...codes: readonly ErrorCode[]): err is BrokerError {
  return err instanceof BrokerError && (codes.length === 0 || codes.includes(err.code));
}
