import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/domain/errors.ts';
import { resources } from '../adapters/process/world.ts';
import { computeProviderContract, newTag, orderOf } from '../contract/compute-provider.contract.ts';
import { createCostlessProvider, createCostlessWorld, createReadyProber } from './costless-provider.ts';

const never = new AbortController().signal;
const address = { host: '127.0.0.1', port: 9 };
const offer = { id: 'free', granted: resources(), microsPerHour: 0, machine: '', host: '', region: '' };

computeProviderContract('costless', { sharedHost: false, logs: false, exits: false, oneTagForAll: true }, async () => {
  const world = createCostlessWorld(address);
  return {
    provider: createCostlessProvider({ world }),
    again: async () => createCostlessProvider({ world }),
    otherInstallation: async () => createCostlessProvider({ world, installationId: 'other' }),
    runsFor: () => ['anything'],
    endsWith: () => ['anything'],
    possible: resources({ cpu: { request: 1, limit: 2 }, memory: { request: 0, limit: 2 ** 30 } }),
    impossible: resources({ gpuCount: 1 }),
    image: null,
    settle: async () => undefined,
    close: async () => undefined,
  };
});

describe('the costless provider', () => {
  it('fails creates on demand, surely without or maybe with an instance', async () => {
    const world = createCostlessWorld(address);
    const provider = createCostlessProvider({ world });
    world.knobs.failCreates = [new BrokerError('no-capacity', 'full'), new BrokerError('outcome-unknown', 'lost')];
    const [first, second] = [orderOf(offer, ['x']), orderOf(offer, ['x'])];
    await expect(provider.create(first, never)).rejects.toMatchObject({ code: 'no-capacity' });
    world.knobs.createsAnyway = true;
    await expect(provider.create(second, never)).rejects.toMatchObject({ code: 'outcome-unknown' });
    expect((await provider.listOwned(never)).map((o) => o.tag)).toEqual([second.tag]);
    expect((await provider.create(first, never)).seen.status).toBe('running');
  });

  it('hangs until it is let go or aborted', async () => {
    const world = createCostlessWorld(address);
    const provider = createCostlessProvider({ world });
    const { promise, resolve } = Promise.withResolvers<void>();
    world.knobs.hangCreates = promise;
    const stop = new AbortController();
    const aborted = provider.create(orderOf(offer, ['x']), stop.signal);
    stop.abort();
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
    const late = provider.create(orderOf(offer, ['x']), never);
    expect(world.tags()).toEqual([]);
    resolve();
    expect((await late).seen.status).toBe('running');
  });

  it('shows what happens to instances', async () => {
    const world = createCostlessWorld(address);
    const provider = createCostlessProvider({ world });
    world.knobs.bootSlowly = true;
    const order = orderOf(offer, ['x']);
    const { ref, seen } = await provider.create(order, never);
    expect(seen.status).toBe('starting');
    world.boot(order.tag);
    const ports = [{ name: 'http', protocol: 'http', ...address }];
    expect(await provider.inspect(ref, never)).toEqual({ status: 'running', addresses: ports });
    world.exit(order.tag, 'exit code 1');
    expect(await provider.inspect(ref, never)).toEqual({ status: 'exited', detail: 'exit code 1' });
    world.vanish(order.tag);
    expect(await provider.inspect(ref, never)).toEqual({ status: 'absent' });
    expect(() => world.exit(newTag(), '')).toThrow('not in the costless world');
    world.knobs.failLists = new BrokerError('unavailable', 'down');
    await expect(provider.listOwned(never)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('has a prober that finds everything answering but what was silenced', async () => {
    const prober = createReadyProber();
    const endpoint = { ports: [{ name: 'http', protocol: 'http', ...address } as const], stable: false };
    const readiness = { kind: 'tcp', port: 'http' } as const;
    expect(await prober.probe(endpoint, readiness, { timeoutMs: 1, accessToken: null }, never)).toEqual({
      answered: true,
    });
    prober.silent.add('127.0.0.1:9');
    expect(await prober.probe(endpoint, readiness, { timeoutMs: 1, accessToken: null }, never)).toMatchObject({
      answered: false,
    });
  });
});
