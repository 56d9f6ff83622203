import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BerthClient, createClient, isBerthError } from '../../clients/typescript/src/client.ts';
import { SYSTEM } from '../../clients/typescript/src/system.ts';
import { type FakeBroker, startFakeBroker, timestamp } from '../support/fake-broker.ts';

let broker: FakeBroker;
let client: BerthClient;

beforeEach(async () => {
  broker = await startFakeBroker();
  const pause = (ms: number, signal?: AbortSignal) => SYSTEM.sleep(Math.min(ms, 20), signal);
  client = createClient({ address: broker.address, system: { ...SYSTEM, sleep: pause } });
});
afterEach(async () => {
  client.close();
  await broker.close();
});

const NOW = 1_760_000_000_000;
const requestOf = (method: string): unknown => broker.asked.find((a) => a.method === method)?.request;

describe('quote', () => {
  it('asks as acquire would, and tells what is known of each offer', async () => {
    broker.market.quote = {
      provider: 'vastai',
      readyInReserve: 1,
      suitable: 2,
      refused: { price: 3 },
      takeTime: timestamp(NOW),
      offers: [
        {
          machineId: '1',
          hostId: '2',
          region: 'DE',
          pricePerHour: 0.35,
          storagePricePerHour: 0.01,
          granted: { gpuModel: 'RTX 4090', gpuCount: 2 },
          expectedStart: { seconds: 90, nanos: 5e8 },
          reliability: 0,
        },
        { machineId: '3', interruptible: true },
      ],
    };
    const quote = await client.quote({
      class: 'gpu',
      requirements: { gpus: { models: ['RTX 4090'], count: 2 }, regions: ['europe'], maxPricePerHour: 0.5 },
      maxOffers: 5,
    });
    expect(requestOf('QuoteSession')).toMatchObject({
      class: 'gpu',
      maxOffers: 5,
      requirements: { gpus: { models: ['RTX 4090'], count: 2 }, regions: ['europe'], maxPricePerHour: 0.5 },
    });
    expect(quote).toMatchObject({
      provider: 'vastai',
      readyInReserve: 1,
      suitable: 2,
      refused: { price: 3 },
      why: '',
      takeTime: new Date(NOW),
    });
    expect(quote.offers[0]).toMatchObject({
      machineId: '1',
      granted: { gpuModel: 'RTX 4090', gpuCount: 2 },
      pricePerHour: 0.35,
      storagePricePerHour: 0.01,
      expectedStartMs: 90_500,
      reliability: 0,
      interruptible: false,
    });
    expect(quote.offers[1]).toMatchObject({ expectedStartMs: null, reliability: null, interruptible: true });
  });

  it('is made again while the broker is unavailable', async () => {
    broker.fail('QuoteSession', { code: status.UNAVAILABLE, message: 'no leader yet', reason: 'NO_LEADER' }, 2);
    expect((await client.quote({ class: 'gpu' })).offers).toEqual([]);
    expect(broker.asked.filter((a) => a.method === 'QuoteSession')).toHaveLength(3);
  });
});

describe('hosts', () => {
  it('are told all, page by page, with their own ban and that of their host', async () => {
    const ban = { createTime: timestamp(NOW), endTime: timestamp(NOW + 5_000), reason: 'slow-start', by: 'instances' };
    broker.market.hostsPerPage = 2;
    broker.market.hosts = [
      { provider: 'vastai', machineId: '1', hostId: 'h', starts: 3, startP50: { seconds: 61 }, losses: 2 },
      { provider: 'vastai', machineId: '2', hostId: 'h', ban: { ...ban, evidence: 'i-1 took 25 min' } },
      { provider: 'vastai', machineId: '3', hostId: 'k', hostBan: ban },
    ];
    const hosts = [];
    for await (const host of client.hosts()) hosts.push(host);
    expect(hosts.map((h) => h.machineId)).toEqual(['1', '2', '3']);
    expect(hosts[0]).toMatchObject({ starts: 3, startP50Ms: 61_000, startP90Ms: null, losses: 2, ban: null });
    expect(hosts[1]?.ban).toEqual({
      createTime: new Date(NOW),
      endTime: new Date(NOW + 5_000),
      reason: 'slow-start',
      evidence: 'i-1 took 25 min',
      by: 'instances',
    });
    expect(hosts[2]).toMatchObject({ ban: null, hostBan: { reason: 'slow-start' } });
    const banned = [];
    for await (const host of client.hosts({ provider: 'vastai', bannedOnly: true })) banned.push(host.machineId);
    expect(banned).toEqual(['2', '3']);
  });

  it('are banned for a term or as long as bans last, and unbanned', async () => {
    const machine = { provider: 'vastai', machineId: '7' };
    const banned = await client.banHost(machine, { reason: 'no disk', termMs: 90_000 });
    expect(banned.ban).toMatchObject({ reason: 'admin', evidence: 'no disk' });
    expect(requestOf('BanHost')).toMatchObject({ machineId: '7', reason: 'no disk', term: { seconds: 90, nanos: 0 } });
    expect((await client.unbanHost(machine)).ban).toBe(null);
    broker.asked.length = 0;
    expect(await client.banHost({ provider: 'vastai', hostId: 'h' }, { reason: 'all of them' })).toMatchObject({
      machineId: '',
      hostId: 'h',
    });
    expect(requestOf('BanHost')).toMatchObject({ hostId: 'h', term: null });
    const wrong = client.unbanHost({ provider: 'nowhere', hostId: 'h' }).catch((err: unknown) => err);
    expect(isBerthError(await wrong, 'not-found')).toBe(true);
  });
});

describe('money', () => {
  it('stops being spent, and the status says by whom and why', async () => {
    expect((await client.status()).renting).toEqual({ on: true, by: '', time: null, why: '' });
    expect(await client.setRenting(false, 'the bill')).toMatchObject({ on: false, by: 'local', why: 'the bill' });
    expect((await client.status()).renting).toMatchObject({ on: false, time: expect.any(Date) });
    expect(await client.setRenting(true)).toMatchObject({ on: true, why: '' });
  });

  it('is unknown where a broker does not tell, and on where it knows of no switch', async () => {
    broker.status = {
      renting: null,
      providers: [
        { name: 'vastai', pricePerHour: 1.2, maxPricePerHour: 5, untrackedDollarsPerHour: 0, credit: 12.5 },
        { name: 'process' },
      ],
    };
    const { renting, providers } = await client.status();
    expect(renting.on).toBe(true);
    expect(providers).toMatchObject([
      { pricePerHour: 1.2, maxPricePerHour: 5, untrackedDollarsPerHour: 0, credit: 12.5 },
      { pricePerHour: 0, untrackedDollarsPerHour: null, credit: null },
    ]);
  });

  it('is told by tenant and by day', async () => {
    broker.market.costs = {
      tenants: [
        { tenant: 'lab', pricePerHour: 0.7, sessions: 2, livingCost: 1.5, days: [{ day: '2026-01-02', cost: 3 }] },
      ],
      reservePricePerHour: 0.35,
    };
    expect(await client.costs({ tenant: 'lab', days: 7 })).toEqual({
      tenants: [
        { tenant: 'lab', pricePerHour: 0.7, sessions: 2, livingCost: 1.5, days: [{ day: '2026-01-02', cost: 3 }] },
      ],
      reservePricePerHour: 0.35,
      destroyingPricePerHour: 0,
    });
    expect(requestOf('GetCosts')).toMatchObject({ tenant: 'lab', days: 7 });
  });
});

describe('what a session and an instance tell of their start', () => {
  it('is its progress, its cause and the price of its disk', async () => {
    const instance = { id: 'i-1', provider: 'vastai', pricePerHour: 0.4, storagePricePerHour: 0.02 };
    const { id } = broker.add({ phase: 'SESSION_PHASE_STARTING', progress: 'pulling layer 3 of 9', instance });
    expect(await client.get({ id })).toMatchObject({
      progress: 'pulling layer 3 of 9',
      instance: { storagePricePerHour: 0.02 },
    });
    broker.instances = [{ instance, phase: 'destroying', cause: 'pull', runningTime: timestamp(NOW) }];
    const { value: told } = await client.instances().next();
    expect(told).toMatchObject({ cause: 'pull', runningTime: new Date(NOW), progress: '' });
  });

  it('begins with what its class may rent', async () => {
    broker.classes = [
      {
        name: 'gpu',
        image: 'acme/lab:3',
        ports: [{ name: 'web', protocol: 'PROTOCOL_HTTP', number: 8_888 }],
        placement: { gpuModels: ['RTX 4090'], regions: ['DE'], maxPricePerHour: 0.5, minReliability: 0.98 },
      },
      { name: 'echo' },
    ];
    const [gpu, echo] = await client.classes();
    expect(gpu).toMatchObject({
      image: 'acme/lab:3',
      template: '',
      ports: [{ name: 'web', number: 8_888 }],
      placement: { gpuModels: ['RTX 4090'], regions: ['DE'], maxPricePerHour: 0.5, interruptible: false },
    });
    expect(echo?.placement).toBe(null);
  });
});
