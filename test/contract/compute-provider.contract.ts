import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type InstanceId, isInstanceId } from '../../src/domain/ids.ts';
import type { Offer } from '../../src/domain/offer.ts';
import type { Resources } from '../../src/domain/resources.ts';
import type { ImageSource } from '../../src/domain/session-class.ts';
import type { ComputeProvider, Order, Seen } from '../../src/ports/compute-provider.ts';
import { eventually } from '../support/eventually.ts';
import { searchFor } from '../support/fixtures.ts';

/** What a kind of provider has. Tests of what it has not are not made. */
export type ProviderHas = {
  /** Instances share a host, so each needs ports of its own. */
  readonly sharedHost: boolean;
  /** What instances write is kept. */
  readonly logs: boolean;
  /** An instance whose program ends stays, as `exited`, and tells how it ended. */
  readonly exits: boolean;
  /** A tag that another broker has used is refused by the provider itself. */
  readonly oneTagForAll: boolean;
};

/** A provider in a world of its own, and what the suite must know of that world. */
export type ProviderHarness = {
  readonly provider: ComputeProvider;
  /** The provider as a new broker makes it after the old one was gone: the same account, nothing remembered. */
  again(): Promise<ComputeProvider>;
  /** The same account under another installation id. */
  otherInstallation(): Promise<ComputeProvider>;
  /** A command that writes `lines` and then runs until it is destroyed. */
  runsFor(lines: readonly string[]): readonly string[];
  /** A command that writes `lines` and ends with `code`. */
  endsWith(code: number, lines: readonly string[]): readonly string[];
  /** Resources that this world can give, and some that it cannot. */
  readonly possible: Resources;
  readonly impossible: Resources;
  /** What runs the commands; null: the machine itself. */
  readonly image: ImageSource | null;
  /** Lets the provider's own time pass, where it does not by itself. */
  settle(): Promise<void>;
  close(): Promise<void>;
};

const never = new AbortController().signal;

let counter = 0;
/** Unlike any other, also in other runs: tags name processes of the whole machine. */
export function newTag(): InstanceId {
  counter++;
  const tag = `i-${`${process.pid.toString(36)}${Date.now().toString(36)}${counter.toString(36)}`.padStart(26, '0')}`;
  if (!isInstanceId(tag)) throw new Error(`not a tag: ${tag}`);
  return tag;
}

export function orderOf(offer: Offer, command: readonly string[], over: Partial<Order> = {}): Order {
  const mark = { class: 'test', recipe: 'r1', reserve: true };
  const ports = [{ name: 'http', protocol: 'http' }] as const;
  return { tag: newTag(), offer, mark, image: null, command, env: {}, ports, ...over };
}

export async function textOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) {
    expect(piece.length).toBeGreaterThan(0);
    expect(piece.length).toBeLessThanOrEqual(64 * 1024);
    all.push(piece);
  }
  return Buffer.concat(all).toString('utf8');
}

export function computeProviderContract(name: string, has: ProviderHas, make: () => Promise<ProviderHarness>): void {
  describe(`ComputeProvider contract: ${name}`, () => {
    let world: ProviderHarness;
    let provider: ComputeProvider;

    beforeEach(async () => {
      world = await make();
      provider = world.provider;
    });

    afterEach(async () => {
      const last = await world.again();
      for (const { ref } of await last.listOwned(never)) await last.destroy(ref, never);
      await goneAll(last);
      await world.close();
    });

    async function goneAll(p: ComputeProvider): Promise<void> {
      await eventually('an empty account', async () => {
        await world.settle();
        return (await p.listOwned(never)).length === 0;
      });
    }

    /** So many, each another one where the provider has as many. */
    async function someOffers(count: number): Promise<readonly Offer[]> {
      const { offers } = await provider.listOffers(searchFor(world.possible), never);
      return Array.from({ length: count }, (_, n) => {
        const one = offers[n % offers.length];
        if (one === undefined) throw new Error('no offer for what should be possible');
        return one;
      });
    }

    async function offer(): Promise<Offer> {
      const [first] = await someOffers(1);
      if (first === undefined) throw new Error('none of one');
      return first;
    }

    const ordered = (chosen: Offer, over: Partial<Order> = {}, command = world.runsFor([])): Order =>
      orderOf(chosen, command, { image: world.image, ...over });

    async function createOne(over: Partial<Order> = {}, command = world.runsFor([])) {
      const order = ordered(await offer(), over, command);
      return { order, ...(await provider.create(order, never)) };
    }

    async function running(ref: { readonly id: string }, p = provider): Promise<Extract<Seen, { status: 'running' }>> {
      return eventually(`${ref.id} to run`, async () => {
        await world.settle();
        const seen = (await p.listOwned(never)).find((o) => o.ref.id === ref.id)?.seen;
        return seen?.status === 'running' ? seen : null;
      });
    }

    const seenIn = async (p: ComputeProvider, tag: InstanceId) => (await p.listOwned(never)).find((o) => o.tag === tag);

    it('offers what is possible, with at least the resources asked for', async () => {
      const { granted, microsPerHour } = await offer();
      expect(granted.memory.limit).toBeGreaterThanOrEqual(world.possible.memory.limit);
      expect(granted.cpu.limit).toBeGreaterThanOrEqual(world.possible.cpu.limit);
      expect(Number.isSafeInteger(microsPerHour)).toBe(true);
    });

    it('offers nothing for what is impossible, and names the rule', async () => {
      const { offers, refused } = await provider.listOffers(searchFor(world.impossible), never);
      expect(offers).toEqual([]);
      expect(Object.keys(refused)).not.toEqual([]);
    });

    it('owns nothing at first', async () => {
      expect(await provider.listOwned(never)).toEqual([]);
    });

    it('creates an instance that is listed under its tag and gets an address for every port', async () => {
      const ports = [
        { name: 'http', protocol: 'http' },
        { name: 'extra', protocol: 'tcp' },
      ] as const;
      const { order, ref } = await createOne({ ports });
      const { addresses } = await running(ref);
      expect(addresses.map(({ name, protocol }) => ({ name, protocol }))).toEqual(ports);
      expect(await seenIn(provider, order.tag)).toMatchObject({ tag: order.tag, ref });
      expect(await provider.inspect(ref, never)).toEqual({ status: 'running', addresses });
    });

    it('refuses a second create with the same tag and leaves the first instance alone', async () => {
      const { order, ref } = await createOne();
      const before = await running(ref);
      await expect(provider.create(order, never)).rejects.toMatchObject({
        name: 'BrokerError',
        code: 'already-exists',
      });
      const code = has.oneTagForAll ? 'already-exists' : 'no-capacity';
      await expect((await world.again()).create(order, never)).rejects.toMatchObject({ code });
      expect(await provider.inspect(ref, never)).toEqual(before);
      expect(await provider.listOwned(never)).toHaveLength(1);
    });

    it('lists every instance while many are created at once', async () => {
      const orders = (await someOffers(20)).map((chosen) => ordered(chosen));
      await Promise.all(orders.map((order) => provider.create(order, never)));
      const listed = await provider.listOwned(never);
      expect(listed.map((o) => o.tag).sort()).toEqual(orders.map((o) => o.tag).sort());
      expect(new Set(listed.map((o) => o.ref.id)).size).toBe(20);
    });

    if (has.sharedHost)
      it('gives each of 20 instances created at once ports of its own', async () => {
        const refs = await Promise.all(
          (await someOffers(20)).map(async (chosen) => (await provider.create(ordered(chosen), never)).ref),
        );
        const all = await Promise.all(refs.map(async (ref) => (await running(ref)).addresses.map((a) => a.port)));
        expect(new Set(all.flat()).size).toBe(20);
      });

    it('finds every instance again after the broker was started anew', async () => {
      const made = [await createOne(), await createOne()];
      const before = await Promise.all(made.map(({ ref }) => running(ref)));
      const next = await world.again();
      const listed = await next.listOwned(never);
      expect(listed.map((o) => o.tag).sort()).toEqual(made.map((m) => m.order.tag).sort());
      expect(await Promise.all(made.map(({ ref }) => next.inspect(ref, never)))).toEqual(before);
    });

    it('ends an instance that a broker before it created', async () => {
      const { ref } = await createOne();
      await running(ref);
      const next = await world.again();
      await next.destroy(ref, never);
      await goneAll(next);
      expect(await next.inspect(ref, never)).toEqual({ status: 'absent' });
    });

    it('lists an instance that another broker of the installation created meanwhile', async () => {
      const next = await world.again();
      expect(await next.listOwned(never)).toEqual([]);
      const { order } = await createOne();
      expect((await next.listOwned(never)).map((o) => o.tag)).toEqual([order.tag]);
    });

    it('does not list what another installation created', async () => {
      const { order } = await createOne();
      const other = await world.otherInstallation();
      expect(await other.listOwned(never)).toEqual([]);
      expect((await provider.listOwned(never)).map((o) => o.tag)).toEqual([order.tag]);
    });

    it('destroys one instance and leaves the others alone', async () => {
      const [one, other] = [await createOne(), await createOne()];
      await provider.destroy(one.ref, never);
      await eventually('the one to be gone', async () => {
        await world.settle();
        return (await seenIn(provider, one.order.tag)) === undefined;
      });
      expect(await provider.inspect(one.ref, never)).toEqual({ status: 'absent' });
      expect((await running(other.ref)).addresses).toHaveLength(1);
    });

    it('destroys again and again without complaint, also what is gone or never was', async () => {
      const { ref } = await createOne();
      await Promise.all([provider.destroy(ref, never), provider.destroy(ref, never)]);
      await goneAll(provider);
      await provider.destroy(ref, never);
      await provider.destroy({ ...ref, id: newTag() }, never);
      await provider.destroy({ ...ref, id: '../..' }, never);
      expect(await provider.listOwned(never)).toEqual([]);
    });

    it('says absent of an instance that never was', async () => {
      const { ref } = await createOne();
      expect(await provider.inspect({ ...ref, id: newTag() }, never)).toEqual({ status: 'absent' });
    });

    it('does nothing for a signal that is aborted already', async () => {
      const chosen = await offer();
      const { ref } = await createOne();
      const before = await running(ref);
      const aborted = AbortSignal.abort();
      const refused = { name: 'AbortError' };
      await expect(provider.create(ordered(chosen), aborted)).rejects.toMatchObject(refused);
      await expect(provider.listOffers(searchFor(world.possible), aborted)).rejects.toMatchObject(refused);
      await expect(provider.inspect(ref, aborted)).rejects.toMatchObject(refused);
      await expect(provider.destroy(ref, aborted)).rejects.toMatchObject(refused);
      await expect(provider.listOwned(aborted)).rejects.toMatchObject(refused);
      expect((await provider.listOwned(never)).map((o) => o.ref.id)).toEqual([ref.id]);
      expect(await provider.inspect(ref, never)).toEqual(before);
    });

    if (has.exits)
      it('tells how a program ended until its instance is destroyed', async () => {
        const { ref } = await createOne({}, world.endsWith(3, ['first', 'no model found']));
        const seen = await eventually('the program to end', async () => {
          await world.settle();
          const now = await provider.inspect(ref, never);
          return now.status === 'exited' ? now : null;
        });
        expect(seen.detail).toContain('exit code 3');
        expect(seen.detail).toContain('no model found');
        expect((await provider.listOwned(never)).map((o) => o.seen)).toEqual([seen]);
        expect(await (await world.again()).inspect(ref, never)).toEqual(seen);
      });

    if (has.logs) logTests();

    function logTests(): void {
      const query = { follow: false, tailLines: null };
      const lines = ['one', 'two', 'three'];

      async function wrote(text: string, ref: { readonly id: string }): Promise<void> {
        const full = { machine: '', host: '', region: '', ...ref };
        await eventually(`"${text}" in the log`, async () => {
          await world.settle();
          return (await textOf(provider.logs(full, query, never))).includes(text);
        });
      }

      it('gives the log from its beginning, or from some lines before its end', async () => {
        const { ref } = await createOne({}, world.runsFor(lines));
        await wrote('three', ref);
        expect(await textOf(provider.logs(ref, query, never))).toBe('one\ntwo\nthree\n');
        expect(await textOf(provider.logs(ref, { ...query, tailLines: 2 }, never))).toBe('two\nthree\n');
        expect(await textOf(provider.logs(ref, { ...query, tailLines: 9 }, never))).toBe('one\ntwo\nthree\n');
        expect(await textOf(provider.logs(ref, { ...query, tailLines: 0 }, never))).toBe('');
      });

      it('gives the log also to a broker started anew', async () => {
        const { ref } = await createOne({}, world.runsFor(lines));
        await wrote('three', ref);
        expect(await textOf((await world.again()).logs(ref, query, never))).toBe('one\ntwo\nthree\n');
      });

      it('follows a log until the instance ends', async () => {
        const { ref } = await createOne({}, world.runsFor(lines));
        await wrote('three', ref);
        const pieces = provider.logs(ref, { ...query, follow: true }, never)[Symbol.asyncIterator]();
        const first = await pieces.next();
        await provider.destroy(ref, never);
        await goneAll(provider);
        const rest = await textOf({ [Symbol.asyncIterator]: () => pieces });
        expect(`${Buffer.from(first.value ?? []).toString('utf8')}${rest}`).toBe('one\ntwo\nthree\n');
      });

      it('stops following when the signal aborts', async () => {
        const { ref } = await createOne({}, world.runsFor(lines));
        await wrote('three', ref);
        const stop = new AbortController();
        const pieces = provider.logs(ref, { ...query, follow: true }, stop.signal)[Symbol.asyncIterator]();
        expect((await pieces.next()).done).toBe(false);
        const next = pieces.next();
        stop.abort();
        await expect(next).rejects.toMatchObject({ name: 'AbortError' });
      });

      it('says not-found for the log of an instance that is gone', async () => {
        const { ref } = await createOne();
        await provider.destroy(ref, never);
        await goneAll(provider);
        await expect(textOf(provider.logs(ref, query, never))).rejects.toMatchObject({ code: 'not-found' });
      });
    }
  });
}
