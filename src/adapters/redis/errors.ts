import { BrokerError } from '../../domain/errors.ts';

const RETRY_AFTER = 1_000;

/** Answers of Redis that come before a script has begun, or end it at its first write: nothing was written. */
const REFUSED =
  /^(NOSCRIPT|READONLY|LOADING|MASTERDOWN|MISCONF|BUSY|NOAUTH|WRONGPASS|NOPERM|NOREPLICAS|CLUSTERDOWN|MOVED)\b/;
const FULL = /^(OOM\b|MISCONF\b.*(disk|space))/i;

export const awayError = (cause?: unknown): BrokerError =>
  new BrokerError(
    'unavailable',
    'the store cannot be reached',
    { reason: 'STORE_DOWN', retryAfterMs: RETRY_AFTER },
    cause === undefined ? undefined : { cause },
  );

export const closedError = (): BrokerError =>
  new BrokerError('unavailable', 'the store is closed', { reason: 'STORE_DOWN' });

const messageOf = (err: unknown): string => (err instanceof Error ? err.message : String(err));
/** What ioredis says when it has not sent anything. */
const UNSENT = /^Stream isn't writeable/;

const isReply = (err: unknown): boolean => err instanceof Error && err.name === 'ReplyError';

export const isUnknownScript = (err: unknown): boolean => isReply(err) && messageOf(err).startsWith('NOSCRIPT');

/** A read that failed: it changed nothing, whatever happened. */
export const asReadError = (err: unknown): BrokerError => (err instanceof BrokerError ? err : awayError(err));

/** A commit that was sent and failed. Only Redis's own word proves that nothing was written. */
export function asCommitError(err: unknown): BrokerError {
  if (err instanceof BrokerError) return err;
  const message = messageOf(err);
  if (isReply(err) && FULL.test(message))
    return new BrokerError(
      'unavailable',
      'the store is full',
      { reason: 'STORE_FULL', retryAfterMs: RETRY_AFTER },
      { cause: err },
    );
  if (UNSENT.test(message) || (isReply(err) && REFUSED.test(message))) return awayError(err);
  return new BrokerError(
    'outcome-unknown',
    'the connection to the store broke in the middle of a commit',
    { reason: 'STORE_DOWN' },
    { cause: err },
  );
}
