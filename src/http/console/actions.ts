import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { Caller } from '../../domain/caller.ts';
import { isSessionId } from '../../domain/ids.ts';
import { DAY, MINUTE } from '../../domain/time.ts';
import type { AdminUseCases, HostTarget } from '../../engine/use-cases.ts';
import { readBody } from './body.ts';

/** What the console can change. */
export type ConsoleChanges = Pick<AdminUseCases, 'setReserve' | 'terminate' | 'setRenting' | 'banHost' | 'unbanHost'>;

/** Reads what it is sent, does it, and answers what is then. */
type Action = (caller: Caller, req: IncomingMessage) => Promise<unknown>;

const ACTION_NAMES = ['reserve', 'terminate', 'renting', 'ban', 'unban'] as const;
export type ActionName = (typeof ACTION_NAMES)[number];

/** null: there is no such action. */
export const actionNamed = (name: string): ActionName | null => ACTION_NAMES.find((known) => known === name) ?? null;

const SetReserve = z.strictObject({
  class: z.string().min(1).max(100),
  target: z.int().min(0).max(100_000).nullable(),
});
const Terminate = z.strictObject({ id: z.string().refine(isSessionId), detail: z.string().max(500).default('') });
const words = z
  .string()
  .max(256)
  .regex(/^\P{Cc}*$/u, 'must be without control characters');
const SetRenting = z.strictObject({ on: z.boolean(), why: words.default('') });
/** As a provider names a machine or host; empty for the one that is not meant. */
const place = z.string().regex(/^[A-Za-z0-9._-]{0,64}$/);
const target = {
  provider: z.string().regex(/^[a-z0-9-]{1,63}$/),
  machine: place.default(''),
  host: place.default(''),
};
/** Two would leave open which of them is meant. */
const isOne = (t: { readonly machine: string; readonly host: string }): boolean =>
  (t.machine === '') !== (t.host === '');
const ONE = 'must name either a machine or a host';
const Unban = z.strictObject(target).refine(isOne, ONE);
const Ban = z
  .strictObject({
    ...target,
    /** null: as long as bans last by themselves. */
    termMs: z
      .int()
      .min(MINUTE)
      .max(3_650 * DAY)
      .nullable(),
    reason: words.min(1),
  })
  .refine(isOne, ONE);

const action =
  <T>(body: z.ZodType<T>, run: (caller: Caller, body: T) => Promise<unknown>): Action =>
  async (caller, req) =>
    run(caller, await readBody(req, body));

const targetOf = ({ provider, machine, host }: HostTarget): HostTarget => ({ provider, machine, host });

export const createActions = (admin: ConsoleChanges): Readonly<Record<ActionName, Action>> => ({
  reserve: action(SetReserve, (caller, b) => admin.setReserve(caller, b.class, b.target)),
  terminate: action(Terminate, async (caller, { id, detail }) => {
    const { session } = await admin.terminate(caller, id, detail);
    return { id: session.id, phase: session.phase };
  }),
  renting: action(SetRenting, (caller, { on, why }) => admin.setRenting(caller, on, why)),
  ban: action(Ban, (caller, b) => admin.banHost(caller, targetOf(b), b.termMs, b.reason)),
  unban: action(Unban, (caller, b) => admin.unbanHost(caller, targetOf(b))),
});
