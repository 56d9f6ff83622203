import type { Metadata } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/domain/errors.ts';
import { encodeClass } from '../../src/grpc/encode-admin.ts';
import { PLACEMENT } from '../support/fixtures.ts';
import { ECHO, NOW } from './fake-records.ts';
import { bearer, call, type Edge, failure, startEdge } from './support.ts';

const at = (ms: number) => ({ seconds: Math.floor(ms / 1_000), nanos: (ms % 1_000) * 1e6 });
const WEEK_MS = 7 * 86_400_000;

describe('What a market shows, over a real socket,', () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await startEdge();
  });
  afterAll(() => edge.close());
  const ask = (name: string, request: object = {}) => call(edge.client, name, request);

  it('is a quote: the reserve, what is on offer, the best first, and what was refused', async () => {
    const quote = await ask('QuoteSession', {
      class: 'gpu',
      requirements: { gpus: { models: ['RTX 4090'] }, maxPricePerHour: 0.5 },
    });
    expect(quote).toMatchObject({
      provider: 'vastai',
      readyInReserve: 2,
      suitable: 17,
      refused: { price: 3, 'machine-banned': 1 },
      why: '',
      takeTime: at(NOW),
    });
    expect(quote.offers).toHaveLength(2);
    expect(quote.offers[0]).toMatchObject({
      machineId: '4711',
      hostId: 'h-1',
      region: 'DE',
      granted: { gpuModel: 'RTX 4090', gpuCount: 1, gpuMemoryBytes: 24 * 2 ** 30, diskBytes: 2 ** 33 },
      pricePerHour: 0.35,
      storagePricePerHour: 0.0125,
      expectedStart: { seconds: 95, nanos: 5e8 },
      reliability: 0.995,
      interruptible: false,
    });
    expect(edge.engine.quotes().at(-1)).toEqual({
      class: 'gpu',
      requirements: { gpuModels: ['RTX 4090'], maxMicrosPerHour: 500_000 },
      limit: 10,
    });
  });

  it('is no reliability and no expected start where none is known, not zero', async () => {
    const { offers } = await ask('QuoteSession', { class: 'gpu' });
    expect(offers[1]).toMatchObject({ machineId: '4712', region: '', expectedStart: null, interruptible: true });
    expect('reliability' in offers[0]).toBe(true);
    expect('reliability' in offers[1]).toBe(false);
  });

  it('is as many offers as were asked for, and a reason where there are none', async () => {
    expect((await ask('QuoteSession', { class: 'gpu', maxOffers: 1 })).offers).toHaveLength(1);
    expect(await ask('QuoteSession', { class: 'none' })).toMatchObject({
      offers: [],
      suitable: 0,
      refused: { price: 212, region: 40 },
      why: 'nothing on offer would do',
    });
  });

  it('is who is banned, until when, and how fast machines start, page by page', async () => {
    const first = await ask('ListHosts', { pageSize: 2, provider: 'vastai' });
    expect(first.hosts).toMatchObject([
      {
        provider: 'vastai',
        machineId: '4711',
        hostId: 'h-1',
        ban: null,
        starts: 12,
        startP50: { seconds: 80, nanos: 0 },
        startP90: { seconds: 140, nanos: 5e8 },
        losses: 1,
      },
      {
        machineId: '4800',
        ban: {
          createTime: at(NOW),
          endTime: at(NOW + WEEK_MS),
          reason: 'slow-start',
          evidence: 'i-1 took 25 min',
          by: 'instances',
        },
        startP50: null,
      },
    ]);
    const second = await ask('ListHosts', { pageSize: 2, provider: 'vastai', pageToken: first.nextPageToken });
    expect(second).toMatchObject({ hosts: [{ machineId: '', hostId: 'h-7' }], nextPageToken: '' });
    const banned = await ask('ListHosts', { bannedOnly: true });
    expect(banned.hosts.map((h: { machineId: string }) => h.machineId)).toEqual(['4800', '']);
  });

  it('takes a ban of a machine or a host, for a term or as long as bans last, and takes it back', async () => {
    const ban = { provider: 'vastai', reason: 'it lies about its disk' };
    const { host } = await ask('BanHost', { ...ban, machineId: '99', term: { seconds: 3_600 } });
    expect(host).toMatchObject({
      machineId: '99',
      ban: { reason: 'admin', evidence: 'it lies about its disk', by: 'local', endTime: at(NOW + 3_600_000) },
    });
    const unset = await ask('BanHost', { ...ban, hostId: 'h-3' });
    expect(unset.host).toMatchObject({ machineId: '', hostId: 'h-3', ban: { endTime: at(NOW + WEEK_MS) } });
    expect((await ask('UnbanHost', { provider: 'vastai', hostId: 'h-3' })).host.ban).toBe(null);
    expect(await failure(ask('BanHost', { ...ban, provider: 'nowhere', hostId: 'h-3' }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      fields: { provider: '"nowhere" is not configured' },
    });
  });

  it('is whether anything is rented, with who said so', async () => {
    expect((await ask('GetStatus')).renting).toEqual({ on: true, by: '', time: null, why: '' });
    const off = { on: false, by: 'local', time: at(NOW + 60_000), why: 'the bill' };
    expect((await ask('SetRenting', { on: false, why: 'the bill' })).renting).toEqual(off);
    expect((await ask('GetStatus')).renting).toEqual(off);
    expect((await ask('SetRenting', { on: true })).renting).toMatchObject({ on: true, why: '' });
  });

  it('is what it costs, what may be lost and what is left, unset where it is not known', async () => {
    const { providers } = await ask('GetStatus');
    expect(providers[1]).toMatchObject({
      name: 'vastai',
      pricePerHour: 1.05,
      maxPricePerHour: 5,
      untrackedDollarsPerHour: 0.35,
      credit: 42.5,
    });
    expect('credit' in providers[0] || 'untrackedDollarsPerHour' in providers[0]).toBe(false);
    const costs = await ask('GetCosts');
    expect(costs).toEqual({
      tenants: [
        {
          tenant: 'default',
          pricePerHour: 0.72,
          sessions: 2,
          livingCost: 1.5,
          days: [
            { day: '2026-01-02', cost: 2.25 },
            { day: '2026-01-01', cost: 0.5 },
          ],
        },
      ],
      reservePricePerHour: 0.36,
      destroyingPricePerHour: 0.01,
    });
    expect((await ask('GetCosts', { tenant: 'acme', days: 1 })).tenants).toMatchObject([
      { tenant: 'acme', days: [{ day: '2026-01-02' }] },
    ]);
  });

  it('is how far a start is, and the price of the disk alone', async () => {
    edge.engine.setProgress('pulling layer 3 of 9');
    const { session } = await ask('AcquireSession', { class: 'slow', wait: { seconds: 0 } });
    expect(session.progress).toBe('pulling layer 3 of 9');
    expect((await ask('ListInstances')).instances[0].progress).toBe('pulling layer 3 of 9');
    edge.engine.setProgress('');
    expect((await ask('GetSession', { id: session.id })).session.progress).toBe('');
    const { instances } = await ask('ListInstances');
    expect(instances[0]).toMatchObject({ cause: 'exited', runningTime: at(NOW - 50_000), progress: '' });
    expect(instances[0].instance.storagePricePerHour).toBe(0.01);
  });

  it('tells events of bans and of the renting switch by their kinds', async () => {
    edge.engine.addEvent({ kind: 'host', subject: 'vastai:4711', class: '', tenant: '', after: 'banned' });
    edge.engine.addEvent({ kind: 'renting', subject: 'all', class: '', tenant: '', before: 'on', after: 'off' });
    const { events } = await ask('ListEvents', { filter: { kinds: ['host', 'renting'] } });
    expect(events).toMatchObject([
      { kind: 'host', subject: 'vastai:4711', after: 'banned' },
      { kind: 'renting', before: 'on', after: 'off' },
    ]);
  });

  it('is what a class may rent, as far as callers need to know it', () => {
    const image = { image: 'ghcr.io/acme/lab:3', template: 'f00', login: null };
    const placement = { ...PLACEMENT, gpuModels: ['RTX 4090'], regions: ['DE', 'FR'], maxMicrosPerHour: 450_000 };
    const ports = [{ name: 'web', protocol: 'http', number: 8_888 }] as const;
    const encoded = encodeClass({ class: { ...ECHO, image, placement, ports }, expectedStartMs: null });
    expect(encoded).toMatchObject({
      image: 'ghcr.io/acme/lab:3',
      template: 'f00',
      ports: [{ name: 'web', number: 8_888 }],
      placement: { gpuModels: ['RTX 4090'], regions: ['DE', 'FR'], maxPricePerHour: 0.45, interruptible: false },
    });
    const open = encodeClass({ class: { ...ECHO, placement: PLACEMENT }, expectedStartMs: null });
    expect(open).toMatchObject({ image: '', template: '', ports: [{ number: 0 }] });
    expect(open.placement).not.toHaveProperty('maxPricePerHour');
  });

  it('ends as the provider says', async () => {
    edge.engine.failQuotes(new BrokerError('unavailable', 'the market does not answer', { retryAfterMs: 7_000 }));
    expect(await failure(ask('QuoteSession', { class: 'gpu' }))).toMatchObject({ code: 'UNAVAILABLE', retryMs: 7_000 });
    edge.engine.failQuotes(null);
  });
});

const ban = { provider: 'vastai', machineId: '1', reason: 'slow' };
const MACHINE = '1 to 64 characters of A-Z a-z 0-9 . _ -';
const REFUSED: readonly (readonly [rpc: string, field: string, accepts: string, request: object])[] = [
  ['QuoteSession', 'class', 'the name of a session class', {}],
  ['QuoteSession', 'max_offers', '1 to 64, or 0 for 10', { class: 'gpu', maxOffers: 65 }],
  ['QuoteSession', 'max_offers', '1 to 64, or 0 for 10', { class: 'gpu', maxOffers: -1 }],
  ['QuoteSession', 'requirements.gpus.count', '0 to 64', { class: 'gpu', requirements: { gpus: { count: 65 } } }],
  ['QuoteSession', 'requirements.regions[1]', 'two-letter', { class: 'g', requirements: { regions: ['DE', 'mars'] } }],
  ['QuoteSession', 'requirements.min_reliability', '0 to 1', { class: 'g', requirements: { minReliability: 1.1 } }],
  ['ListHosts', 'page_size', '1 to 1,000, or 0 for 100', { pageSize: 1_001 }],
  ['ListHosts', 'page_token', 'next_page_token', { pageToken: 'a b' }],
  ['ListHosts', 'provider', 'the name of a provider', { provider: 'Vast AI' }],
  ['BanHost', 'provider', 'the name of a provider', { ...ban, provider: '' }],
  ['BanHost', 'target', 'one of machine_id, host_id', { provider: 'vastai', reason: 'slow' }],
  ['BanHost', 'machine_id', MACHINE, { ...ban, machineId: '' }],
  ['BanHost', 'machine_id', MACHINE, { ...ban, machineId: 'a/b' }],
  ['BanHost', 'host_id', MACHINE, { provider: 'vastai', hostId: 'x'.repeat(65), reason: 'slow' }],
  ['BanHost', 'reason', '1 to 256 characters', { ...ban, reason: '' }],
  ['BanHost', 'reason', '1 to 256 characters', { ...ban, reason: 'x'.repeat(257) }],
  ['BanHost', 'reason', '1 to 256 characters', { ...ban, reason: 'a\u0007b' }],
  ['BanHost', 'term', '1 min to 3,650 d', { ...ban, term: {} }],
  ['BanHost', 'term', '1 min to 3,650 d', { ...ban, term: { seconds: 59, nanos: 998_000_000 } }],
  ['BanHost', 'term', '1 min to 3,650 d', { ...ban, term: { seconds: -60 } }],
  ['BanHost', 'term', '1 min to 3,650 d', { ...ban, term: { seconds: 3_650 * 86_400 + 1 } }],
  ['UnbanHost', 'target', 'one of machine_id, host_id', { provider: 'vastai' }],
  ['UnbanHost', 'machine_id', MACHINE, { provider: 'vastai', machineId: '\n' }],
  ['UnbanHost', 'provider', 'the name of a provider', { machineId: '1' }],
  ['SetRenting', 'why', '0 to 256 characters', { on: false, why: 'x'.repeat(257) }],
  ['SetRenting', 'why', '0 to 256 characters', { on: true, why: '\u001b[2J' }],
  ['GetCosts', 'days', '1 to 90, or 0 for 30', { days: 91 }],
  ['GetCosts', 'days', '1 to 90, or 0 for 30', { days: -1 }],
  ['GetCosts', 'tenant', 'lower-case letters', { tenant: 'No/t' }],
];

describe('A request about the market that cannot be meant', () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await startEdge();
  });
  afterAll(() => edge.close());

  for (const [rpc, field, accepts, request] of REFUSED)
    it(`is refused: ${rpc} ${JSON.stringify(request).slice(0, 60)} for its ${field}`, async () => {
      const found = await failure(call(edge.client, rpc, request));
      expect(found).toMatchObject({ code: 'INVALID_ARGUMENT' });
      expect(Object.keys(found.fields)).toEqual([field]);
      expect(found.fields[field]).toContain(accepts);
      expect(edge.engine.quotes()).toEqual([]);
    });

  it('is not one at the very ends of what is accepted', async () => {
    const { client } = edge;
    const longest = { ...ban, machineId: `${'m'.repeat(61)}._-`, term: { seconds: 3_650 * 86_400 } };
    expect((await call(client, 'BanHost', longest)).host.machineId).toHaveLength(64);
    expect((await call(client, 'BanHost', { ...ban, term: { seconds: 60 } })).host.ban).not.toBe(null);
    expect((await call(client, 'QuoteSession', { class: 'gpu', maxOffers: 64 })).offers).toHaveLength(2);
    expect((await call(client, 'GetCosts', { days: 90 })).tenants).toHaveLength(1);
  });
});

describe('Whose token opens what of the market', () => {
  let edge: Edge;
  afterEach(() => edge.close());

  it('is a client for quotes and its own costs, and an admin for all else', async () => {
    edge = await startEdge();
    const token = async (tenant: string, role: string, metadata?: Metadata) => {
      const request = { tenant, role };
      return bearer((await call(edge.client, 'CreateToken', request, metadata ? { metadata } : {})).secret);
    };
    const root = await token('ops', 'ROLE_ADMIN');
    const acme = { metadata: await token('acme', 'ROLE_CLIENT', root) };
    expect((await call(edge.client, 'QuoteSession', { class: 'gpu' }, acme)).suitable).toBe(17);
    const costs = await call(edge.client, 'GetCosts', {}, acme);
    expect(costs).toMatchObject({ tenants: [{ tenant: 'acme' }], reservePricePerHour: 0 });
    expect(await failure(call(edge.client, 'GetCosts', { tenant: 'ops' }, acme))).toMatchObject({
      code: 'PERMISSION_DENIED',
    });
    const adminOnly: Readonly<Record<string, object>> = {
      ListHosts: {},
      BanHost: ban,
      UnbanHost: ban,
      SetRenting: { on: false },
    };
    for (const [name, request] of Object.entries(adminOnly))
      expect(await failure(call(edge.client, name, request, acme)), name).toMatchObject({
        code: 'PERMISSION_DENIED',
        reason: 'ADMIN_ONLY',
      });
    const { renting } = await call(edge.client, 'GetStatus', {}, { metadata: root });
    expect(renting.on).toBe(true);
  });
});
