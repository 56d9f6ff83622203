import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { activeFields, type FakeBroker, startFakeBroker } from '../support/fake-broker.ts';
import { type Ran, runCli, startCli } from '../support/run-cli.ts';
import { ago, cells } from '../support/tables.ts';

let broker: FakeBroker;
beforeEach(async () => {
  broker = await startFakeBroker();
});
afterEach(() => broker.close());

const env = () => ({ BERTH_ADDRESS: broker.address });
const berth = (...args: readonly string[]): Promise<Ran> => runCli(args, env());
const requestOf = (method: string): unknown => broker.asked.findLast((a) => a.method === method)?.request;
const rows = (text: string) => cells(text).map((row) => row.filter((c) => c !== ''));
/** So many whole days from now, and half a day more: a slow machine must not make one less of it. */
const inDays = (days: number) => ago(-(days + 0.5) * 86_400_000);

const GRANTED = { gpuModel: 'RTX 4090', gpuCount: 2, gpuMemoryBytes: 24 * 2 ** 30, cpuRequest: 16, diskBytes: 2 ** 35 };

describe('berth quote', () => {
  beforeEach(() => {
    broker.market.quote = {
      provider: 'vastai',
      readyInReserve: 2,
      suitable: 17,
      refused: { region: 1, price: 212 },
      takeTime: ago(1_000),
      offers: [
        {
          ...{ machineId: '4711', hostId: '88', region: 'DE', granted: GRANTED, pricePerHour: 0.35 },
          ...{ storagePricePerHour: 0.0125, expectedStart: { seconds: 95, nanos: 5e8 }, reliability: 0.9953 },
        },
        { machineId: '4712', hostId: '89', granted: GRANTED, pricePerHour: 0.4, interruptible: true },
      ],
    };
  });

  it('shows the reserve first, then what is on offer, then what was refused by which rule', async () => {
    const { code, stdout, stderr } = await berth('quote', 'gpu');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n')[0]).toBe('2 ready in the reserve: an acquire gets one at once');
    expect(rows(stdout)).toEqual(
      expect.arrayContaining([
        ['PER HOUR', 'DISK ALONE', 'GPU', 'BESIDE IT', 'REGION', 'MACHINE', 'HOST', 'STARTS IN', 'RELIABILITY', 'NOTE'],
        [
          ...['$0.35', '$0.0125', '2 x RTX 4090 24Gi', '16 cpu, 32Gi disk', 'DE', '4711', '88'],
          ...['1 min 35 s', '99.53%', '-'],
        ],
        ['$0.40', '-', '2 x RTX 4090 24Gi', '16 cpu, 32Gi disk', '-', '4712', '89', '-', '-', 'may be taken back'],
        ['17 offers at vastai would do, the best are shown'],
      ]),
    );
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('refused: 212 by price, 1 by region');
  });

  it('asks for the same as an acquire would', async () => {
    const needs = ['--gpu', 'RTX 4090:2', '--gpu-memory', '24Gi', '--region', 'de,nl', '--max-price', '0.5'];
    await berth('quote', 'gpu', ...needs, '--min-reliability', '0.98', '--interruptible', '--limit', '3');
    expect(requestOf('QuoteSession')).toMatchObject({
      class: 'gpu',
      maxOffers: 3,
      requirements: {
        gpus: { models: ['RTX 4090'], count: 2, memoryBytes: 24 * 2 ** 30 },
        regions: ['de', 'nl'],
        maxPricePerHour: 0.5,
        minReliability: 0.98,
        interruptible: true,
      },
    });
    await berth('acquire', 'warm', ...needs, '--min-reliability', '0.98');
    expect(requestOf('AcquireSession')).toMatchObject({ requirements: { minReliability: 0.98, maxPricePerHour: 0.5 } });
  });

  it('is no failure when nothing is to be had: it says why', async () => {
    broker.market.quote = { provider: 'vastai', why: 'no offer is cheap enough', refused: { price: 40 } };
    expect(await berth('quote', 'gpu')).toEqual({
      code: 0,
      stdout: 'nothing to be had: no offer is cheap enough\n\nrefused: 40 by price\n',
      stderr: '',
    });
    broker.market.quote = { provider: 'process' };
    expect((await berth('quote', 'gpu')).stdout).toBe('nothing to be had\n');
  });

  it('refuses a number of offers that it would not keep to', async () => {
    for (const limit of ['0', '65'])
      expect(await berth('quote', 'gpu', '--limit', limit)).toMatchObject({
        code: 2,
        stderr: 'berth: --limit: a whole number, 1 to 64\n',
      });
  });

  it('shows only what a provider without a market has', async () => {
    const granted = { cpuRequest: 1, memoryRequestBytes: 2 ** 29 };
    broker.market.quote = { provider: 'process', suitable: 1, offers: [{ granted, expectedStart: { nanos: 4e8 } }] };
    expect(rows((await berth('quote', 'echo')).stdout)).toEqual([
      ['PER HOUR', 'BESIDE IT', 'STARTS IN'],
      ['free', '1 cpu, 512Mi', '0.4 s'],
    ]);
  });

  it('is JSON when asked to be', async () => {
    expect(JSON.parse((await berth('quote', 'gpu', '--json')).stdout)).toMatchObject({
      readyInReserve: 2,
      offers: [{ machineId: '4711', expectedStartMs: 95_500 }, { reliability: null }],
    });
  });
});

describe('berth hosts', () => {
  beforeEach(() => {
    const ban = { createTime: ago(60_000), endTime: inDays(6), reason: 'slow-start', by: 'instances' };
    broker.market.hosts = [
      { ...{ provider: 'vastai', machineId: '1', hostId: '88', starts: 12, losses: 2 }, startP50: { seconds: 80 } },
      { provider: 'vastai', machineId: '2', hostId: '88', ban: { ...ban, evidence: 'i-1 took 25m\u001b[2J' } },
      { provider: 'vastai', machineId: '3', hostId: '90', hostBan: { ...ban, reason: 'banned-machines' } },
      { provider: 'vastai', hostId: '90', ban: { ...ban, reason: 'banned-machines', evidence: '3 machines' } },
    ];
  });

  it('lists who is banned first, until when and why, then how fast the others start', async () => {
    const { stdout } = await berth('hosts');
    expect(rows(stdout)).toEqual([
      ['PROVIDER', 'MACHINE', 'HOST', 'STATE', 'UNTIL', 'STARTS', 'HALF IN', '9 OF 10 IN', 'LOSSES', 'WHY'],
      ['vastai', '2', '88', 'banned', 'in 6d', '-', '-', '-', '-', 'slow-start: i-1 took 25m [2J (by instances)'],
      ['vastai', '(all of it)', '90', 'banned', 'in 6d', '-', '-', '-', '-', expect.stringContaining('3 machines')],
      ['vastai', '3', '90', 'host banned', 'in 6d', '-', '-', '-', '-', 'banned-machines (by instances)'],
      ['vastai', '1', '88', 'ok', '-', '12', '1 min 20 s', '-', '2', '-'],
    ]);
    expect(stdout).not.toContain('\u001b');
    await berth('hosts', '--banned', '--provider', 'vastai');
    expect(requestOf('ListHosts')).toMatchObject({ bannedOnly: true, provider: 'vastai' });
    broker.market.hosts = [];
    expect(await berth('hosts', '--banned')).toMatchObject({ code: 0, stderr: 'no machine and no host is banned\n' });
  });

  it('bans a machine for a term, or a whole host, and says until when', async () => {
    const { code, stdout } = await berth('hosts', 'ban', '4711', '--for', '7d', '--reason', 'its disk is full');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^vastai machine 4711 {2}banned, ends in 7d \(at .+\): its disk is full\n$/);
    expect(requestOf('BanHost')).toMatchObject({
      provider: 'vastai',
      machineId: '4711',
      term: { seconds: 604_800 },
      reason: 'its disk is full',
    });
    await berth('hosts', 'ban', 'host:88', '--reason', 'slow');
    expect(requestOf('BanHost')).toMatchObject({ hostId: '88', term: null });
    expect(await berth('hosts', 'ban', '4711')).toMatchObject({ code: 2, stderr: expect.stringContaining('--reason') });
    expect(broker.asked.filter((a) => a.method === 'BanHost')).toHaveLength(2);
    const elsewhere = await berth('hosts', 'ban', '1', '--reason', 'x', '--provider', 'nowhere');
    expect(elsewhere).toMatchObject({ code: 3, stderr: 'berth: no provider nowhere\n' });
  });

  it('takes a ban back, and says where that of the host stays', async () => {
    expect((await berth('hosts', 'unban', 'host:90')).stdout).toBe('vastai host 90  not banned\n');
    expect(requestOf('UnbanHost')).toMatchObject({ provider: 'vastai', hostId: '90' });
    expect(await berth('hosts', 'unban', '3')).toEqual({
      code: 0,
      stdout: 'vastai machine 3  not banned\n',
      stderr: 'its host 90 is still banned: berth hosts unban host:90\n',
    });
  });
});

describe('berth renting', () => {
  it('shows, stops and allows all renting', async () => {
    expect(await berth('renting')).toEqual({ code: 0, stdout: 'renting is on\n', stderr: '' });
    const off = await berth('renting', 'off', '--why', 'the bill is strange');
    expect(off.stdout).toBe('renting is off, turned by local 0s ago: the bill is strange\n');
    expect(off.stderr).toContain('nothing new is rented until: berth renting on');
    expect(requestOf('SetRenting')).toEqual({ on: false, why: 'the bill is strange' });
    expect((await berth('renting')).stdout).toContain('renting is off');
    expect((await berth('renting', 'on')).stdout).toBe('renting is on, turned by local 0s ago\n');
    expect(JSON.parse((await berth('renting', '--json')).stdout)).toMatchObject({ on: true, by: 'local' });
  });

  it('takes no word but on and off, and no reason for showing', async () => {
    expect(await berth('renting', 'maybe')).toMatchObject({ code: 2, stderr: expect.stringContaining('on, off') });
    expect(await berth('renting', '--why', 'x')).toMatchObject({
      code: 2,
      stderr: 'berth: --why: goes with on or off\n',
    });
    expect(broker.asked).toEqual([]);
  });
});

describe('berth cost', () => {
  const lab = {
    ...{ tenant: 'lab', pricePerHour: 0.7, sessions: 2, livingCost: 1.5 },
    days: [{ day: '2026-01-02', cost: 3 }],
  };
  const hub = {
    tenant: 'hub',
    days: [
      { day: '2026-01-02', cost: 10 },
      { day: '2026-01-01', cost: 0.25 },
    ],
  };

  it('tells by tenant, the dearest first, what runs beside sessions, and the days', async () => {
    broker.market.costs = { tenants: [lab, hub], reservePricePerHour: 0.35, destroyingPricePerHour: 0.01 };
    const { stdout } = await berth('cost');
    expect(rows(stdout)).toEqual([
      ['TENANT', 'SESSIONS', 'PER HOUR', 'LIVING', 'ENDED IN 30 DAYS', 'TOGETHER'],
      ['hub', '0', '-', '-', '$10.25', '$10.25'],
      ['lab', '2', '$0.70', '$1.50', '$3.00', '$4.50'],
      ['all', '2', '$0.70', '$1.50', '$13.25', '$14.75'],
      [],
      ['beside sessions: the reserve $0.35 per hour, what is being destroyed $0.01 per hour'],
      [],
      ['DAY', 'COST'],
      ['2026-01-02', '$13.00'],
      ['2026-01-01', '$0.25'],
    ]);
  });

  it('asks for a tenant and a time, and says so when there is nothing', async () => {
    broker.market.costs = { tenants: [lab] };
    expect(rows((await berth('cost', '--tenant', 'lab', '--days', '1')).stdout)[0]).toContain('ENDED TODAY');
    expect(requestOf('GetCosts')).toEqual({ tenant: 'lab', days: 1 });
    expect(await berth('cost', '--days', '91')).toMatchObject({
      code: 2,
      stderr: 'berth: --days: a whole number, 1 to 90\n',
    });
    broker.market.costs = { tenants: [] };
    expect((await berth('cost')).stdout).toBe('no sessions, and nothing was spent\n');
    expect(JSON.parse((await berth('cost', '--json')).stdout)).toMatchObject({ tenants: [] });
  });
});

describe('money and the switch elsewhere', () => {
  const vastai = { name: 'vastai', instances: 3, maxInstances: 20, pricePerHour: 1.05, maxPricePerHour: 5 };

  it('stand in the status, and what is untracked stands out', async () => {
    broker.market.renting = { on: false, by: 't-1', time: ago(300_000), why: 'the bill' };
    broker.status = { providers: [{ ...vastai, untrackedDollarsPerHour: 0.35, credit: 42.5 }] };
    const { stdout } = await berth('status');
    expect(rows(stdout)).toEqual(
      expect.arrayContaining([
        ['renting', 'off, turned by t-1 5m ago: the bill'],
        ['vastai', '3 of 20', '$1.05 of $5.00', '$0.35 per hour', '$42.50', 'never', 'ok'],
      ]),
    );
    expect(stdout).toContain('UNTRACKED $0.35 per hour at vastai: instances with our tag and no record');
    broker.status = { providers: [{ ...vastai, untrackedDollarsPerHour: 0 }] };
    const calm = (await berth('status')).stdout;
    expect(calm).not.toContain('UNTRACKED $');
    expect(rows(calm)).toContainEqual(['vastai', '3 of 20', '$1.05 of $5.00', 'none', '-', 'never', 'ok']);
  });

  it('stand in top, where people look all day', async () => {
    broker.market.renting = { on: false, by: 't-1', time: ago(300_000), why: 'the bill' };
    broker.status = { providers: [{ ...vastai, untrackedDollarsPerHour: 0.35, credit: 42.5 }] };
    broker.add({ phase: 'SESSION_PHASE_STARTING', name: 'lab', progress: 'pulling layer 3 of 9' });
    const { stdout } = await berth('top', '--once');
    expect(stdout).toContain('renting is off, turned by t-1 5m ago: the bill');
    expect(stdout).toContain('UNTRACKED $0.35 per hour at vastai');
    expect(stdout).toContain('provider vastai 3 of 20, $1.05 of $5.00 per hour, credit $42.50');
    expect(stdout).toContain('(pulling layer 3 of 9)');
  });

  it('make doctor warn, and fail where no credit is left', async () => {
    broker.market.renting = { on: false, by: 't-1', why: 'the bill' };
    broker.status = { providers: [{ ...vastai, untrackedDollarsPerHour: 0.35 }] };
    const { stdout } = await berth('doctor');
    expect(stdout).toContain('vastai, 3 of 20 instances: $0.35 per hour without a record');
    expect(stdout).toMatch(/warn {2}renting +off, turned by t-1: the bill/);
    broker.status = { providers: [{ ...vastai, credit: 0 }] };
    expect((await berth('doctor')).stdout).toMatch(/FAIL {2}provider +vastai, 3 of 20 instances: no credit is left/);
  });

  it('are told with a session: progress and price while it starts, price and machine after', async () => {
    const instance = { id: 'i-1', provider: 'vastai', machineId: '4711', hostId: '88', pricePerHour: 0.35 };
    const cli = startCli(['acquire', 'cold'], env());
    await cli.said('queued');
    const id = [...broker.sessions.keys()][0] ?? '';
    broker.move(id, { phase: 'SESSION_PHASE_STARTING', waitingFor: '', progress: 'pulling layer 3 of 9', instance });
    await cli.said('starting  (pulling layer 3 of 9, $0.35 per hour)');
    expect(rows((await berth('get', id)).stdout)).toEqual(
      expect.arrayContaining([
        ['progress', 'pulling layer 3 of 9'],
        ['machine', '4711', 'of host 88'],
      ]),
    );
    const watch = startCli(['watch', id], env());
    await watch.said('pulling layer 3 of 9');
    const active = { ...activeFields(Date.now()), progress: '', instance: { ...instance, storagePricePerHour: 0.01 } };
    broker.move(id, active);
    await watch.said('http://127.0.0.1:20001  $0.35 per hour');
    broker.move(id, { waitingFor: 'no free slot', progress: 'is being asked for' });
    await watch.said('http://127.0.0.1:20001  (no free slot, is being asked for, $0.35 per hour)');
    watch.child.kill('SIGINT');
    await watch.done;
    expect((await cli.done).stdout).toContain('$0.35 per hour ($0.01 of it for its disk)');
  });

  it('are told of instances: how far they are, and why they failed', async () => {
    const instance = { provider: 'vastai', providerRef: '9' };
    broker.instances = [
      { instance: { ...instance, id: 'i-1' }, class: 'gpu', phase: 'booting', progress: 'pulling layer 3 of 9' },
      {
        instance: { ...instance, id: 'i-2' },
        class: 'gpu',
        phase: 'destroying',
        reason: 'lost',
        cause: 'offline',
        detail: 'silent',
      },
    ];
    expect(rows((await berth('instances')).stdout).map((row) => row.at(-1))).toEqual([
      'WHY',
      'pulling layer 3 of 9',
      'lost (offline): silent',
    ]);
  });

  it('are told as events of their own kinds', async () => {
    const ban = { reason: 'slow-start', detail: 'until then: i-1 took 25m' };
    broker.emit({ kind: 'host', subject: 'vastai:4711', class: 'gpu', actor: 'instances', after: 'banned', ...ban });
    broker.emit({ kind: 'host', subject: 'vastai:host:88', actor: 't-1', before: 'banned' });
    broker.emit({ kind: 'renting', subject: 'all', actor: 't-1', before: 'on', after: 'off', detail: 'the bill' });
    expect(cells((await berth('events', '--kind', 'host,renting')).stdout).map(([, ...rest]) => rest)).toEqual([
      ['host', 'vastai:4711', 'not banned → banned', 'by instances', '(slow-start: until then: i-1 took 25m)'],
      ['host', 'vastai:host:88', 'banned → not banned', 'by t-1'],
      ['renting', 'all', 'on → off', 'by t-1', '(the bill)'],
    ]);
  });

  it('are explained by --help, with examples', async () => {
    for (const [command, example] of [
      ['quote', 'berth quote gpu --gpu "RTX 4090" --max-price 0.50'],
      ['hosts', 'berth hosts ban 4711 --for 7d'],
      ['renting', 'berth renting off --why'],
      ['cost', 'berth cost --tenant lab'],
    ] as const)
      expect(await berth(command, '--help')).toMatchObject({ code: 0, stdout: expect.stringContaining(example) });
  });
});
