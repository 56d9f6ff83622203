import { BrokerError } from '../../domain/errors.ts';
import { isInstanceId } from '../../domain/ids.ts';
import { iso } from '../../domain/time.ts';
import type { Created, Order, Owned, ProviderLimits, Seen } from '../../ports/compute-provider.ts';
import { createAddressCheck } from './addresses.ts';
import { createApi } from './api.ts';
import { rent } from './create.ts';
import { createCredit, readAccount } from './credit.ts';
import { isSpoiled, parseLabel } from './label.ts';
import { listAll } from './list.ts';
import { readLogs } from './logs.ts';
import { createLooks } from './looks.ts';
import { findOffers } from './offers.ts';
import type { VastaiOptions, VastaiProvider } from './options.ts';
import { aborted, isKind, unavailable } from './problems.ts';
import { findTemplate } from './template.ts';
import { ShowWire } from './wire.ts';
import { createYoung } from './young.ts';

const CREATE_MS = 10_000;
const LIST_MS = 5_000;
const IDLE_LIST_MS = 10_000;
const OFFERS_MS = 30_000;
/** One page of the list that comes slowly [ms]. */
const PAGE_MS = 5_000;
/** Beside the pages [ms]. */
const LIST_WITHIN_MS = 20_000;
/** Tags that were asked for in this process are known for so many more. */
const TAGS_KEPT = 10_000;

/** What a ref of ours is at Vast.ai; anything else was never there. */
const isContract = (id: string): boolean => /^\d{1,15}$/.test(id);

/** Rents instances at Vast.ai. Remembers nothing that the account does not know as well, but for a few moments. */
export function createVastaiProvider(o: VastaiOptions): VastaiProvider {
  const { clock, pace, installationId } = o;
  const api = createApi(o);
  const stop = new AbortController();
  const looks = createLooks({ clock, pace, installationId, refuses: createAddressCheck(o.upstreams) });
  const young = createYoung(clock);
  const asked = new Set<string>();
  const spoiled = new Set<string>();
  let pages = 1;
  const credit = createCredit({
    clock,
    pace,
    minMicros: o.minCreditMicros,
    ask: (signal) => readAccount(api, signal),
    onError: (err) => o.log.warn({ provider: 'vastai', err: unavailable(err) }, 'provider.credit-unknown'),
  });

  /** Aborts with the caller and with us; problems of Vast.ai become what the port knows. */
  async function within<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const either = AbortSignal.any([signal, stop.signal]);
    if (either.aborted) throw aborted();
    try {
      return await work(either);
    } catch (err) {
      throw unavailable(err);
    }
  }

  function limits(): ProviderLimits {
    const listMs = Math.max(LIST_MS, pages * 1_000) * pace;
    return {
      listMs,
      idleListMs: Math.max(IDLE_LIST_MS * pace, listMs),
      listWithinMs: LIST_WITHIN_MS + pages * (api.gapMs('list') + PAGE_MS),
      createMs: CREATE_MS,
      createEveryMs: api.gapMs('create'),
      destroyEveryMs: api.gapMs('destroy'),
      offersMs: OFFERS_MS * pace,
      ...o.limits,
    };
  }

  function remember(tag: string): void {
    if (asked.has(tag))
      throw new BrokerError('already-exists', `${tag} was asked for before`, { reason: 'CREATED_BEFORE' });
    asked.add(tag);
    const [oldest] = asked;
    if (asked.size > TAGS_KEPT && oldest !== undefined) asked.delete(oldest);
  }

  async function create(order: Order, signal: AbortSignal): Promise<Created> {
    if (!isInstanceId(order.tag)) throw new BrokerError('refused-by-provider', 'not an instance id');
    remember(order.tag);
    const { createMs, createEveryMs } = limits();
    const made = await rent(
      { api, installationId, withinMs: createMs, againMs: createEveryMs, onNoCredit: credit.lacks },
      order,
      signal,
    );
    young.add(order, made);
    return made;
  }

  async function listOwned(signal: AbortSignal): Promise<readonly Owned[]> {
    const isOurs = (label: string): boolean => parseLabel(installationId, label) !== null;
    const listed = await listAll(api, isOurs, signal);
    pages = listed.pages;
    const owned: Owned[] = [];
    for (const row of listed.rows) {
      young.forget(`${row.id}`);
      const ours = looks.owned(row);
      if (ours !== null) owned.push(ours);
      else if (row.label !== null && isSpoiled(installationId, row.label)) tellOfSpoiled(row.id);
    }
    looks.keepOnly(new Set(owned.map((i) => i.ref.id)));
    // What was made while pages were read may be on none of them.
    return [...owned, ...young.all()];
  }

  function tellOfSpoiled(id: number): void {
    if (spoiled.has(`${id}`)) return;
    spoiled.add(`${id}`);
    o.log.warn(
      { provider: 'vastai', detail: `instance ${id} has a label of ours that somebody changed` },
      'provider.label-spoiled',
    );
  }

  async function inspect(id: string, signal: AbortSignal): Promise<Seen> {
    if (!isContract(id)) return { status: 'absent' };
    const raw = await api
      .call({ lane: 'show', method: 'GET', path: `/api/v0/instances/${id}/` }, signal)
      .then((body) => {
        const read = ShowWire.safeParse(body);
        const found = read.success ? read.data.instances : undefined;
        return Array.isArray(found) ? (found[0] ?? null) : found;
      })
      .catch((err: unknown) => {
        if (isKind(err, 'no-such')) return null;
        throw err;
      });
    // An answer without the field is no proof of anything.
    if (raw === undefined) return { status: 'unreadable', detail: "Vast.ai's answer has no instance in it" };
    if (raw !== null) return looks.seen(raw);
    return young.isYoung(id) ? { status: 'starting', detail: 'is not shown yet' } : { status: 'absent' };
  }

  async function destroy(id: string, signal: AbortSignal): Promise<void> {
    if (!isContract(id)) return;
    const path = `/api/v0/instances/${id}/`;
    await api.call({ lane: 'destroy', method: 'DELETE', path, body: {}, fresh: true }, signal).catch((err: unknown) => {
      if (!isKind(err, 'no-such')) throw err;
    });
    young.forget(id);
  }

  return {
    name: 'vastai',
    get limits() {
      return limits();
    },
    listOffers: (search, signal) =>
      within(signal, async (either) => {
        await credit.check(either);
        return findOffers(api, search, clock.now(), either).catch((err: unknown) => {
          throw notOffered(err, clock.now());
        });
      }),
    create: (order, signal) => within(signal, (either) => create(order, either)),
    inspect: (ref, signal) => within(signal, (either) => inspect(ref.id, either)),
    destroy: (ref, signal) => within(signal, (either) => destroy(ref.id, either)),
    listOwned: (signal) => within(signal, listOwned),
    async *logs(ref, query, signal) {
      const either = AbortSignal.any([signal, stop.signal]);
      if (either.aborted) throw aborted();
      if (!isContract(ref.id)) throw new BrokerError('not-found', 'there is no such instance');
      yield* readLogs({ api, clock, pace, url: o.url }, ref.id, query, either);
    },
    template: (named, signal) => within(signal, (either) => findTemplate(api, named, either)),
    account: (signal) =>
      within(signal, async (either) => {
        const account = await readAccount(api, either);
        credit.note(account);
        return account;
      }),
    async close() {
      stop.abort();
      api.close();
    },
  };
}

/** Why there is nothing for anybody now. */
function notOffered(err: unknown, now: number): unknown {
  if (!isKind(err, 'limited', 'quota', 'refused')) return err;
  const { kind, text, retryAfterMs = 0 } = err.problem;
  if (kind === 'refused') return new BrokerError('refused-by-provider', text, { reason: 'PROVIDER_REFUSED' });
  const until = kind === 'quota' ? `; there are more at ${iso(now + retryAfterMs)}` : '';
  return new BrokerError('no-capacity', `${text}${until}`, { reason: 'PROVIDER_LIMIT', retryAfterMs });
}
