import { BrokerError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { isKind, type Problem } from './problems.ts';
import type { User } from './template.ts';

const CHECK_MS = 60_000;

export type Credit = {
  /** Looks at the account at most once a minute. @throws BrokerError `no-capacity` while there is too little */
  check(signal: AbortSignal): Promise<void>;
  /** A create was refused for it: nothing is offered until the account was looked at again. */
  lacks(problem: Problem): void;
  note(user: User): void;
};

type Options = {
  readonly clock: Clock;
  readonly pace: number;
  readonly minMicros: number;
  readonly ask: (signal: AbortSignal) => Promise<User>;
  readonly onError: (err: unknown) => void;
};

export function createCredit(o: Options): Credit {
  const everyMs = CHECK_MS * o.pace;
  let lookAgainAt = Number.NEGATIVE_INFINITY;
  let lack: string | null = null;

  const wait = (): void => {
    lookAgainAt = o.clock.monotonic() + everyMs;
  };

  function note({ creditMicros }: User): void {
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
          if (signal.aborted) throw err;
          if (isKind(err, 'auth')) throw err;
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
