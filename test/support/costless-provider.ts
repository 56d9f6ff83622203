import type { Cause } from '../../src/domain/cause.ts';
import type { Addresses, NamedPort } from '../../src/domain/endpoint.ts';
import { BrokerError } from '../../src/domain/errors.ts';
import { type InstanceId, isInstanceId } from '../../src/domain/ids.ts';
import type { InstanceRef } from '../../src/domain/instance.ts';
import type { ComputeProvider, Mark, Order, ProviderLimits, Seen } from '../../src/ports/compute-provider.ts';
import type { Prober } from '../../src/ports/prober.ts';
import { NO_RESOURCES } from './fixtures.ts';
import { unlessAborted } from './unless-aborted.ts';

/** An account at a provider that costs nothing, unless a price is set: instances are entries in memory. Outlives the
 *  broker's objects. */
export type CostlessWorld = ReturnType<typeof createCostlessWorld>;

const NO_MARK: Mark = { class: '', recipe: '', reserve: false };

type Held = {
  readonly tag: InstanceId;
  readonly installation: string;
  readonly order: Order;
  seen: Seen;
};

/** What goes wrong at which call; one use each unless it says otherwise. */
export type Knobs = {
  /** Instead of creating. `outcome-unknown` with `createsAnyway` creates and still fails. */
  failCreates: BrokerError[];
  createsAnyway: boolean;
  /** While set, every list fails with it. */
  failLists: BrokerError | null;
  /** While set, creates wait for it, or for their signal. */
  hangCreates: Promise<void> | null;
  hangLists: Promise<void> | null;
  /** While set, a destroyed instance stays as it is. */
  ignoreDestroys: boolean;
  /** Those whose end cannot be asked for. */
  readonly stuck: Set<InstanceId>;
  /** While set, new instances are `starting` until `boot` is called for them. */
  bootSlowly: boolean;
  /** While set, there are no offers. */
  soldOut: boolean;
  /** While set, asking for offers fails. */
  failOffers: BrokerError | null;
  /** Price of what is offered from now on. */
  microsPerHour: number;
  /** The part of it that is paid as long as an instance exists. */
  storageMicrosPerHour: number;
  /** What is offered, one offer each. Empty: one offer without a machine. */
  machines: readonly { readonly machine: string; readonly host: string }[];
  /** Whether what is offered may be taken back. */
  interruptible: boolean;
  /** Instead of destroying, one each. */
  failDestroys: BrokerError[];
  /** How a new instance on a machine shows at first; others as they do without. */
  readonly seenOn: Map<string, Seen>;
  /** While set, each new instance has a port number of its own, which counts on from the world's. */
  ownPorts: boolean;
};

/** @param address shared by all instances; each of their ports gets it */
export function createCostlessWorld(address: { readonly host: string; readonly port: number }) {
  const held = new Map<string, Held>();
  const knobs: Knobs = {
    failCreates: [],
    createsAnyway: false,
    failLists: null,
    hangCreates: null,
    hangLists: null,
    ignoreDestroys: false,
    stuck: new Set(),
    bootSlowly: false,
    soldOut: false,
    failOffers: null,
    microsPerHour: 0,
    storageMicrosPerHour: 0,
    machines: [],
    interruptible: false,
    failDestroys: [],
    seenOn: new Map(),
    ownPorts: false,
  };
  let made = 0;
  const calls = { offers: 0, create: 0, inspect: 0, destroy: 0, list: 0 };
  const addressesFor = (ports: readonly NamedPort[]): Addresses => {
    const port = address.port + (knobs.ownPorts ? ++made : 0);
    return ports.map((p) => ({ ...p, ...address, port }));
  };

  function change(tag: InstanceId, seen: (h: Held) => Seen): void {
    const found = [...held.values()].find((h) => h.tag === tag);
    if (found === undefined) throw new Error(`${tag} is not in the costless world`);
    found.seen = seen(found);
  }

  return {
    held,
    knobs,
    /** How often each call was made. */
    calls,
    addressesFor,
    /** Something that no broker of this test has asked for. @param installation whose tag it carries */
    plant(tag: InstanceId, installation: string, seen: Seen, mark?: Mark, microsPerHour = 0): void {
      const offer = { id: 'planted', granted: NO_RESOURCES, microsPerHour, machine: '', host: '', region: '' };
      const order = { tag, offer, image: null, command: [], env: {}, ports: [], mark: mark ?? NO_MARK };
      held.set(refOf(tag).id, { tag, installation, order, seen });
    },
    /** One more of what is there already, with the same tag. @returns its provider's name for it */
    double(tag: InstanceId): string {
      const of = held.get(refOf(tag).id);
      if (of === undefined) throw new Error(`${tag} is not in the costless world`);
      const name = `${refOf(tag).id}-again-${++made}`;
      held.set(name, { ...of });
      return name;
    },
    tags: (): readonly InstanceId[] => [...held.values()].map((h) => h.tag),
    orderOf: (tag: InstanceId): Order | null => [...held.values()].find((h) => h.tag === tag)?.order ?? null,
    /** The program in it ends. */
    exit: (tag: InstanceId, detail: string, cause?: Cause): void =>
      change(tag, () => ({ status: 'exited', detail, ...(cause === undefined ? {} : { cause }) })),
    /** What looks at it show from now on. */
    show: (tag: InstanceId, seen: Seen): void => change(tag, () => seen),
    /** A slow boot comes to its end. */
    boot: (tag: InstanceId): void =>
      change(tag, (h) => ({ status: 'running', addresses: addressesFor(h.order.ports) })),
    /** Looks at it show nothing. */
    blur: (tag: InstanceId, detail: string): void => change(tag, () => ({ status: 'unreadable', detail })),
    /** It is gone without anyone asking. */
    vanish(tag: InstanceId): void {
      for (const [key, h] of held) if (h.tag === tag) held.delete(key);
    },
  };
}

export type CostlessOptions = {
  readonly world: CostlessWorld;
  readonly name?: string;
  readonly installationId?: string;
  readonly limits?: Partial<ProviderLimits>;
};

const LIMITS: ProviderLimits = {
  listMs: 100,
  idleListMs: 2_000,
  listWithinMs: 10_000,
  createMs: 10_000,
  createEveryMs: 0,
  destroyEveryMs: 0,
  offersMs: 0,
};
const NOWHERE = { machine: '', host: '' };
const refOf = (tag: string, { machine, host }: Pick<InstanceRef, 'machine' | 'host'> = NOWHERE): InstanceRef => ({
  id: `costless-${tag}`,
  machine,
  host,
  region: '',
});

export function createCostlessProvider(o: CostlessOptions): ComputeProvider {
  const { world } = o;
  const { held, knobs, calls } = world;
  const installation = o.installationId ?? 'costless';

  function hold(order: Order): Held {
    const key = refOf(order.tag).id;
    if (held.has(key)) throw new BrokerError('already-exists', `${order.tag} was created before`);
    const usual: Seen = knobs.bootSlowly
      ? { status: 'starting', detail: 'boots slowly' }
      : { status: 'running', addresses: world.addressesFor(order.ports) };
    const seen = knobs.seenOn.get(order.offer.machine) ?? usual;
    const made = { tag: order.tag, installation, order, seen };
    held.set(key, made);
    return made;
  }

  return {
    name: o.name ?? 'costless',
    limits: { ...LIMITS, ...o.limits },
    async listOffers({ resources, need }, signal) {
      signal.throwIfAborted();
      calls.offers++;
      if (knobs.failOffers !== null) throw knobs.failOffers;
      const rule = resources.gpuCount > 0 ? 'gpu-count' : (need.regions?.length ?? 0) > 0 ? 'region' : null;
      if (rule !== null) return { offers: [], refused: { [rule]: 1 } };
      if (knobs.soldOut) return { offers: [], refused: {} };
      const { microsPerHour, storageMicrosPerHour } = knobs;
      const price = { microsPerHour, storageMicrosPerHour, interruptible: knobs.interruptible };
      const free = { id: 'free', granted: resources, ...price, machine: '', host: '', region: '' };
      const on = knobs.machines.map((m) => ({ ...free, ...m, id: `on-${m.machine}` }));
      return { offers: on.length > 0 ? on : [free], refused: {} };
    },
    async create(order, signal) {
      signal.throwIfAborted();
      calls.create++;
      if (!isInstanceId(order.tag)) throw new BrokerError('refused-by-provider', 'not an instance id');
      if (knobs.hangCreates !== null) await unlessAborted(knobs.hangCreates, signal);
      const failure = knobs.failCreates.shift();
      if (failure !== undefined && knobs.createsAnyway) hold(order);
      if (failure !== undefined) throw failure;
      const { seen } = hold(order);
      return { ref: refOf(order.tag, order.offer), seen };
    },
    async inspect(ref, signal) {
      signal.throwIfAborted();
      calls.inspect++;
      return held.get(ref.id)?.seen ?? { status: 'absent' };
    },
    async destroy(ref, signal) {
      signal.throwIfAborted();
      calls.destroy++;
      const failure = knobs.failDestroys.shift();
      if (failure !== undefined) throw failure;
      const tag = held.get(ref.id)?.tag;
      if (tag !== undefined && knobs.stuck.has(tag)) throw new BrokerError('unavailable', 'it does not let go');
      if (!knobs.ignoreDestroys) held.delete(ref.id);
    },
    async listOwned(signal) {
      signal.throwIfAborted();
      calls.list++;
      if (knobs.hangLists !== null) await unlessAborted(knobs.hangLists, signal);
      if (knobs.failLists !== null) throw knobs.failLists;
      const own = [...held].filter(([, h]) => h.installation === installation);
      return own.map(([id, { tag, seen, order }]) => ({
        tag,
        // It knows itself where that is, whatever the broker remembers.
        ref: { ...refOf(tag, knobs.machines.find((m) => `on-${m.machine}` === order.offer.id) ?? order.offer), id },
        seen,
        microsPerHour: order.offer.microsPerHour,
        mark: order.mark,
      }));
    },
    // biome-ignore lint/correctness/useYield: it has nothing to give
    async *logs(_ref, _query, signal) {
      signal.throwIfAborted();
      throw new BrokerError('unimplemented', 'this provider keeps no logs');
    },
  };
}

/** Stands in for a prober where no instance really is; `silent` endpoints, as host:port, do not answer. */
export function createReadyProber(): Prober & { readonly silent: Set<string> } {
  const silent = new Set<string>();
  return {
    silent,
    async probe(endpoint, readiness, _timeoutMs, signal) {
      signal.throwIfAborted();
      const port = endpoint.ports.find((p) => p.name === readiness.port);
      if (port === undefined || silent.has(`${port.host}:${port.port}`))
        return { answered: false, detail: 'connection refused' };
      return { answered: true };
    },
  };
}
