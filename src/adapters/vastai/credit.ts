import { BrokerError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Account } from '../../ports/marketplace.ts';
import type { Api } from './api.ts';
import { CallFailed, isKind, type Problem } from './problems.ts';
import { UserWire } from './wire.ts';

const CHECK_MS = 60_000;

export type Credit = {
  /** Looks at the account at most once a minute. @throws BrokerError `no-capacity` while there is too little */
  check(signal: AbortSignal): Promise<void>;
  /** A create was refused for it: nothing is offered until the account was looked at again. */
  lacks(problem: Problem): void;
  note(account: Account): void;
};

/** The answer can hold the key: only what is wanted of it is kept. */
export async function readAccount(api: Api, signal: AbortSignal): Promise<Account> {
  const body = await api.call({ lane: 'account', method: 'GET', path: '/api/v0/users/current' }, signal);
  const read = UserWire.safeParse(body);
  if (!read.success)
    throw new CallFailed({ kind: 'odd', text: "Vast.ai's answer about the account has no credit in it" });
  return { creditMicros: Math.floor(read.data.credit * 1e6) };
}

type Options = {
  readonly clock: Clock;
  readonly pace: number;
  readonly minMicros: number;
  readonly ask: (signal: AbortSignal) => Promise<Account>;
  readonly onError: (err: unknown) => void;
};

export function createCredit(o: Options): Credit {
  const everyMs = CHECK_MS * o.pace;
  let lookAgainAt = Number.NEGATIVE_INFINITY;
  let lack: string | null = null;

  const wait = (): void => {
    lookAgainAt = o.clock.monotonic() + everyMs;
  };

  function note({ creditMicros }: Account): void {
    wait();
    lack =
      creditMicros < o.minMicros
        ? `the Vast.ai account has ${dollars(creditMicros)} left, and nothing is rented below ${dollars(o.minMicros)}`
        : null;
  }

  return {
    note,
    async check(signal) {
      if (o.clock.monotonic() >= lookAgainAt) {
        // Also for those who ask meanwhile: one look is enough for all.
        wait();
        try {
          note(await o.ask(signal));
        } catch (err) {
          if (signal.aborted || isKind(err, 'auth')) throw err;
          // Not to know is no reason not to rent: the create call says when there is none.
          o.onError(err);
        }
      }
      if (lack === null) return;
      const retryAfterMs = Math.max(0, lookAgainAt - o.clock.monotonic());
      throw new BrokerError('no-capacity', lack, { reason: 'NO_CREDIT', retryAfterMs });
    },
    lacks(problem) {
      wait();
      lack = problem.text;
    },
  };
}

const dollars = (micros: number): string => `$${(micros / 1e6).toFixed(2)}`;
