import { BrokerError } from '../../domain/errors.ts';
import type { Created, Order } from '../../ports/compute-provider.ts';
import type { Api } from './api.ts';
import { orderBody } from './order.ts';
import { CallFailed, type Problem } from './problems.ts';
import { ContractWire } from './wire.ts';

export type Creating = {
  readonly api: Api;
  readonly installationId: string;
  readonly withinMs: number;
  /** When a call that did not come through may be made again [ms]. */
  readonly againMs: number;
  /** The account lacks credit, whatever its number says. */
  readonly onNoCredit: (problem: Problem) => void;
};

/**
 * One PUT, never a second: after an unclear answer the ask may be rented, and a retry would be told `no_such_ask` while
 * the instance bills. Three outcomes: rented, surely not rented, and unknown, which is everything that is not known
 * here to be one of the other two.
 */
export async function rent(c: Creating, order: Order, signal: AbortSignal): Promise<Created> {
  const { body, secrets } = await orderBody(order, c.installationId);
  const path = `/api/v0/asks/${encodeURIComponent(order.offer.id)}/`;
  const call = { lane: 'create', method: 'PUT', path, body, secrets, fresh: true, withinMs: c.withinMs } as const;
  try {
    return created(await c.api.call(call, signal), order);
  } catch (err) {
    if (err instanceof BrokerError) throw err;
    if (!(err instanceof CallFailed)) throw notAsked(c);
    return failed(c, err, order);
  }
}

/** Nothing was sent: it was still waiting for its turn. */
const notAsked = (c: Creating): BrokerError =>
  new BrokerError('no-capacity', 'the call to Vast.ai was given up before its turn came', {
    reason: 'PROVIDER_LIMIT',
    retryAfterMs: c.againMs,
  });

function created(body: object, order: Order): Created {
  const read = ContractWire.safeParse(body);
  if (!read.success) throw unknown('Vast.ai says success, and names no instance');
  return { ref: refOf(read.data.new_contract, order), seen: { status: 'starting', detail: 'is being made' } };
}

const refOf = (id: number, { offer }: Order) => ({
  id: `${id}`,
  machine: offer.machine,
  host: offer.host,
  region: offer.region,
});

function failed(c: Creating, err: CallFailed, order: Order): Created {
  const { problem } = err;
  const read = ContractWire.safeParse(err.body);
  // Refused, and yet there is one: stopped, and its disk costs.
  if (read.success) return stillborn(read.data.new_contract, problem.text, order);
  const { retryAfterMs = c.againMs } = problem;
  switch (problem.kind) {
    case 'offer-gone':
      throw new BrokerError('no-capacity', problem.text, { reason: 'OFFER_GONE' });
    case 'limited':
    case 'quota':
    case 'unreachable':
      throw new BrokerError('no-capacity', problem.text, { reason: 'PROVIDER_LIMIT', retryAfterMs });
    case 'no-credit':
      c.onNoCredit(problem);
      throw new BrokerError('refused-by-provider', problem.text, { reason: 'NO_CREDIT' });
    case 'auth':
    case 'refused':
    case 'deprecated':
      throw new BrokerError('refused-by-provider', problem.text, { reason: 'PROVIDER_REFUSED' });
    default:
      throw unknown(problem.text);
  }
}

const unknown = (text: string): BrokerError =>
  new BrokerError('outcome-unknown', `${text}; it may have rented all the same`, { reason: 'PROVIDER_UNCLEAR' });

/** That a host has no room, or that others bid more since the search, is nobody's failing: another machine may do. */
const stillborn = (id: number, text: string, order: Order): Created => ({
  ref: refOf(id, order),
  seen: { status: 'exited', detail: `it was made stopped: ${text}`, cause: 'preempted' },
});
