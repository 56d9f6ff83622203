import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import type { Offer } from '../../../src/domain/offer.ts';
import type { Order } from '../../../src/ports/compute-provider.ts';
import { orderOf, textOf } from '../../contract/compute-provider.contract.ts';
import type { SimOptions } from '../../simulators/vastai/world.ts';
import { eventually } from '../../support/eventually.ts';
import { PLACEMENT, searchFor } from '../../support/fixtures.ts';
import { INSTALLATION, image, KEY, never, oneGpu, type VastWorld, vastWorld } from './world.ts';

let world: VastWorld | null = null;
const dirs: string[] = [];
afterEach(async () => {
  await world?.close();
  world = null;
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true });
});

async function open(sim: SimOptions = {}): Promise<VastWorld> {
  world = await vastWorld(sim);
  return world;
}

async function anOffer(w: VastWorld, interruptible = false): Promise<Offer> {
  const search = searchFor(oneGpu(), {}, { placement: { ...PLACEMENT, interruptible } });
  const [first] = (await w.provider.listOffers(search, never)).offers;
  if (first === undefined) throw new Error('no offer');
  return first;
}

const INLINE = image({ image: 'example/inline:1' });
const order = (offer: Offer, over: Partial<Order> = {}): Order => orderOf(offer, [], { image: INLINE, ...over });
const creates = async (w: VastWorld): Promise<number> => (await w.bed.state()).endpoints.create?.calls ?? 0;
const alive = async (w: VastWorld): Promise<number> => (await w.bed.state()).meter.alive;

async function onlyOne(w: VastWorld) {
  const [one] = (await w.bed.state()).instances;
  if (one === undefined) throw new Error('there is none');
  return w.bed.shown(one.id);
}

describe('A create at Vast.ai', () => {
  it('orders image, command, ports, environment, disk and label in one call', async () => {
    const w = await open();
    const ports = [
      { name: 'web-ui', protocol: 'http' },
      { name: 'api', protocol: 'grpc', number: 8000 },
      { name: 'raw', protocol: 'tcp' },
    ] as const;
    const command = ['serve', '--port={{port.web-ui}}', '{{port.raw}}', 'a b'];
    const asked = order(await anOffer(w), { ports, command, env: { MODEL: 'tiny' } });
    const { ref } = await w.provider.create(asked, never);
    const row = await w.bed.shown(Number(ref.id));
    expect(row).toMatchObject({
      image_uuid: 'example/inline:1',
      image_runtype: 'args',
      image_args: ['serve', '--port=8001', '8002', 'a b'],
      disk_space: 10,
      label: `berth/${INSTALLATION}/${asked.tag}/test/r1/reserve`,
    });
    expect(Object.fromEntries(row.extra_env)).toEqual({
      MODEL: 'tiny',
      '-p 8000:8000': '1',
      '-p 8001:8001': '1',
      '-p 8002:8002': '1',
      BERTH_PORT_WEB_UI: '8001',
      BERTH_PORT_API: '8000',
      BERTH_PORT_RAW: '8002',
      BERTH_PORTS: 'web-ui:http:8001,api:grpc:8000,raw:tcp:8002',
      BERTH_INSTANCE_ID: asked.tag,
      BERTH_INSTALLATION_ID: INSTALLATION,
    });
    const [owned] = await w.provider.listOwned(never);
    expect(owned).toMatchObject({ tag: asked.tag, ref, mark: asked.mark, microsPerHour: asked.offer.microsPerHour });
    expect(owned?.seen).toMatchObject({ status: 'running' });
  });

  it('leaves the image its own program where the class names none', async () => {
    const w = await open();
    await w.provider.create(order(await anOffer(w)), never);
    expect(await onlyOne(w)).toMatchObject({ image_args: [], image_runtype: 'args' });
  });

  it('bids what the offer says, without the disk', async () => {
    const w = await open();
    const offer = await anOffer(w, true);
    await w.provider.create(order(offer), never);
    const row = await onlyOne(w);
    expect(row.is_bid).toBe(true);
    expect(row.dph_base * 1e6).toBeCloseTo(offer.microsPerHour - (offer.storageMicrosPerHour ?? 0), 0);
  });

  it('takes a template with its own way to run, and lets the class say more', async () => {
    const w = await open();
    const made = await w.bed.api('POST', '/api/v0/template/', { name: 't', image: 'example/inline:2', runtype: 'ssh' });
    const template = made.body.template?.hash_id ?? '';
    await w.provider.create(order(await anOffer(w), { image: image({ image: '', template }) }), never);
    expect(await onlyOne(w)).toMatchObject({
      image_uuid: 'example/inline:2',
      image_runtype: 'ssh',
      template_hash_id: template,
    });
    const byId = image({ image: 'example/inline:3', template: `${made.body.template?.id}` });
    const second = order(await anOffer(w), { image: byId, command: ['go'] });
    const { ref } = await w.provider.create(second, never);
    expect(await w.bed.shown(Number(ref.id))).toMatchObject({ image_uuid: 'example/inline:3', image_runtype: 'args' });
  });

  describe('from a private registry', () => {
    const login = (password: string) => {
      const dir = mkdtempSync(join(tmpdir(), 'berth-vastai-'));
      dirs.push(dir);
      writeFileSync(join(dir, 'password'), password, { mode: 0o600 });
      return { server: 'private.example', username: 'berth', passwordFile: join(dir, 'password') };
    };
    const from = (password: string) => image({ image: 'private.example/app:1', login: login(password) });

    it('reads the password when it is needed', async () => {
      const w = await open();
      await w.provider.create(order(await anOffer(w), { image: from('open-sesame\n') }), never);
      expect((await w.provider.listOwned(never))[0]?.seen.status).toBe('running');
      expect(JSON.stringify(w.lines)).not.toContain('open-sesame');
    });

    it('is our own failing where the password is wrong', async () => {
      const w = await open();
      await w.provider.create(order(await anOffer(w), { image: from('wrong-one') }), never);
      expect((await w.provider.listOwned(never))[0]?.seen).toMatchObject({ status: 'exited', cause: 'ours' });
    });

    it.each([
      ['a password with blanks', () => from('open sesame')],
      ['an empty password', () => from('\n')],
      ['a password file that is not there', () => image({ login: { ...login('x'), passwordFile: '/nowhere/at/all' } })],
    ])('asks nothing with %s', async (_, source) => {
      const w = await open();
      const refused = await w.provider
        .create(order(await anOffer(w), { image: source() }), never)
        .catch((e: unknown) => e);
      expect(refused).toMatchObject({ code: 'refused-by-provider' });
      expect((refused as Error).message).not.toMatch(/sesame|nowhere/);
      expect(await creates(w)).toBe(0);
    });
  });

  it.each<[string, Partial<Order>]>([
    ['neither image nor template', { image: image({ image: '' }) }],
    ['no image at all', { image: null }],
    ['an environment key that is a flag of docker', { env: { '-v': 'data:/data' } }],
    ['an environment key with blanks', { env: { 'A B': '1' } }],
    ['too large an environment', { env: { A: 'x'.repeat(33_000) } }],
    ['too long a command', { command: ['x'.repeat(5_000)] }],
    ['a port in its command that there is not', { command: ['{{port.other}}'] }],
    ['too many ports', { ports: Array.from({ length: 65 }, (_, n) => ({ name: `p${n}`, protocol: 'tcp' as const })) }],
    ['too long a label', { mark: { class: 'c', recipe: 'r'.repeat(256), reserve: true } }],
  ])('asks nothing with %s', async (_, over) => {
    const w = await open();
    await expect(w.provider.create(order(await anOffer(w), over), never)).rejects.toMatchObject({
      code: 'refused-by-provider',
    });
    expect(await creates(w)).toBe(0);
  });

  describe('that surely has rented nothing', () => {
    it.each([400, 404, 410])('is an offer that is gone, told by %i', async (status) => {
      const w = await open();
      await w.bed.fault('offer_gone', { with: { status } });
      await expect(w.provider.create(order(await anOffer(w)), never)).rejects.toMatchObject({
        code: 'no-capacity',
        details: { reason: 'OFFER_GONE' },
      });
      expect([await creates(w), await alive(w)]).toEqual([1, 0]);
    });

    it('is a host without room', async () => {
      const w = await open();
      await w.bed.fault('host_full');
      await expect(w.provider.create(order(await anOffer(w)), never)).rejects.toMatchObject({
        details: { reason: 'OFFER_GONE' },
      });
      expect(await alive(w)).toBe(0);
    });

    it('is one call too many, with the time to wait, and the next is not even asked', async () => {
      const w = await open();
      const offer = await anOffer(w);
      await w.bed.fault('http', { endpoint: 'create', with: { status: 429 }, retry_after_s: 7, body: 'text' });
      const limited = { code: 'no-capacity', details: { reason: 'PROVIDER_LIMIT', retryAfterMs: 7_000 } };
      await expect(w.provider.create(order(offer), never)).rejects.toMatchObject(limited);
      const next = await w.provider.create(order(offer), never).catch((err: unknown) => err);
      expect(next).toMatchObject({ code: 'no-capacity', details: { reason: 'PROVIDER_LIMIT' } });
      expect(await creates(w)).toBe(1);
    });

    it.each([400, 402])('is a lack of credit, told by %i, and then nothing is offered', async (status) => {
      const w = await open();
      const offer = await anOffer(w);
      await w.bed.fault('no_credit', { with: { status } });
      // With this pace an account is looked at again after 60 ms: a slower one must not be.
      const slow = w.make({ pace: 1 });
      await expect(slow.create(order(offer), never)).rejects.toMatchObject({
        code: 'refused-by-provider',
        details: { reason: 'NO_CREDIT' },
      });
      await expect(slow.listOffers(searchFor(oneGpu()), never)).rejects.toMatchObject({
        code: 'no-capacity',
        message: expect.stringContaining('lacks credit'),
      });
      expect(await alive(w)).toBe(0);
    });

    it.each([401, 403, 404] as const)('is a key that is refused, told by %i', async (status) => {
      const w = await open({ switches: { bad_key_status: status } });
      const offer = await anOffer(w);
      const stranger = w.make({ key: async () => 'some-other-key' });
      const refused = await stranger.create(order(offer), never).catch((err: unknown) => err);
      expect(refused).toMatchObject({
        code: 'refused-by-provider',
        message: expect.stringContaining('Invalid user key'),
      });
      expect(String(refused)).not.toContain('some-other-key');
    });

    it('is what Vast.ai calls invalid, in its words but without our secrets', async () => {
      const w = await open();
      const msg = 'invalid env: TOKEN=hunter22 is not allowed';
      await w.bed.fault('http', { endpoint: 'create', with: { status: 400 }, error: 'invalid_args', msg });
      const refused = await w.provider
        .create(order(await anOffer(w), { env: { TOKEN: 'hunter22' } }), never)
        .catch((e: unknown) => e);
      expect(refused).toMatchObject({
        code: 'refused-by-provider',
        message: expect.stringContaining('TOKEN=*** is not allowed'),
      });
      expect(JSON.stringify(w.lines)).not.toContain('hunter22');
    });

    it('is a server that cannot be reached', async () => {
      const w = await open();
      const offer = await anOffer(w);
      const lost = w.make({ url: 'http://127.0.0.1:1' });
      await expect(lost.create(order(offer), never)).rejects.toMatchObject({
        code: 'no-capacity',
        details: { reason: 'PROVIDER_LIMIT' },
      });
    });

    it('is one that was given up before its turn', async () => {
      const w = await open();
      const [one, other] = [await anOffer(w), await anOffer(w)];
      const slow = w.make({ pace: 1 });
      await slow.create(order(one), never);
      const stop = new AbortController();
      const waiting = slow.create(order(other), stop.signal);
      stop.abort();
      await expect(waiting).rejects.toMatchObject({ code: 'no-capacity', details: { reason: 'PROVIDER_LIMIT' } });
      expect([await creates(w), await alive(w)]).toEqual([1, 1]);
    });
  });

  describe('of which nobody knows', () => {
    it.each<[string, string, object, number]>([
      ['a server error that has rented', 'create_5xx_rented', {}, 1],
      ['a server error that has not', 'create_5xx_unrented', {}, 0],
      ['a connection that broke', 'create_reset_rented', {}, 1],
      ['a page in place of an answer', 'create_html_rented', {}, 1],
      ['a refusal without a reason', 'create_refused', {}, 0],
      ['an empty answer', 'http', { endpoint: 'create', body: 'empty', with: { status: 200 } }, 0],
      ['a success without an instance', 'http', { endpoint: 'create', with: { status: 418 } }, 0],
      ['a page that forbids', 'http', { endpoint: 'create', body: 'html', with: { status: 403 } }, 0],
    ])('says so after %s, and never asks twice', async (_, fault, rule, rented) => {
      const w = await open();
      await w.bed.fault(fault, rule);
      const asked = order(await anOffer(w));
      await expect(w.provider.create(asked, never)).rejects.toMatchObject({ code: 'outcome-unknown' });
      expect([await creates(w), await alive(w)]).toEqual([1, rented]);
      // The label settles it.
      const found = (await w.provider.listOwned(never)).map((o) => o.tag);
      expect(found).toEqual(rented === 1 ? [asked.tag] : []);
      await expect(w.provider.create(asked, never)).rejects.toMatchObject({ code: 'already-exists' });
      expect(await creates(w)).toBe(1);
    });

    it('says so when it is given up after it was sent', async () => {
      const w = await open();
      await w.bed.fault('create_hang_rented');
      const stop = new AbortController();
      const asked = order(await anOffer(w));
      const waiting = w.provider.create(asked, stop.signal);
      await eventually('the call to arrive', async () => (await creates(w)) === 1);
      stop.abort();
      await expect(waiting).rejects.toMatchObject({ code: 'outcome-unknown' });
      expect((await w.provider.listOwned(never)).map((o) => o.tag)).toEqual([asked.tag]);
    });

    it('says so when there is no answer in time', async () => {
      const w = await open();
      await w.bed.fault('create_hang_rented');
      const hasty = w.make({ limits: { createMs: 400 } });
      await expect(hasty.create(order(await anOffer(w)), never)).rejects.toMatchObject({ code: 'outcome-unknown' });
      expect([await creates(w), await alive(w)]).toEqual([1, 1]);
    });
  });

  it('that is refused and yet has made an instance tells of it, so that it is ended', async () => {
    const w = await open();
    const offer = await anOffer(w, true);
    const created = await w.provider.create(order({ ...offer, microsPerHour: 2_000, storageMicrosPerHour: 0 }), never);
    expect(created.seen).toMatchObject({
      status: 'exited',
      cause: 'preempted',
      detail: expect.stringContaining('is too low'),
    });
    await w.provider.destroy(created.ref, never);
    expect(await alive(w)).toBe(0);
  });

  it('that is refused for the host and has made an instance blames nobody', async () => {
    const w = await open();
    await w.bed.fault('create_failed_rented');
    const created = await w.provider.create(order(await anOffer(w)), never);
    expect(created.seen).toMatchObject({ status: 'exited', cause: 'preempted' });
    expect((await w.provider.listOwned(never))[0]?.seen).toMatchObject({ status: 'exited', cause: 'preempted' });
  });

  it('does not pass on a key that Vast.ai itself repeats', async () => {
    const w = await open();
    const offer = await anOffer(w);
    for (const endpoint of ['create', 'search', 'list', 'show', 'destroy', 'templates', 'account', 'logs'])
      await w.bed.fault('http', { endpoint, with: { status: 400 }, error: 'invalid_args', msg: `bad key: ${KEY}!` });
    const ref = { id: '123', machine: '', host: '', region: '' };
    const calls = [
      () => w.provider.create(order(offer), never),
      () => w.provider.listOffers(searchFor(oneGpu()), never),
      () => w.provider.listOwned(never),
      () => w.provider.inspect(ref, never),
      () => w.provider.destroy(ref, never),
      () => w.provider.template('some', never),
      () => w.provider.account(never),
      () => textOf(w.provider.logs(ref, { follow: false, tailLines: null }, never)),
    ];
    for (const call of calls) {
      const refused = await call().catch((err: unknown) => err);
      expect(refused).toMatchObject({ name: 'BrokerError', message: expect.stringContaining('bad key: ***!') });
      expect(inspect(refused, { depth: 9 })).not.toContain(KEY);
    }
    expect(JSON.stringify(w.lines)).not.toContain(KEY);
  });

  it('shows the key to nobody: no line, no label, no environment', async () => {
    const w = await open();
    await w.provider.create(order(await anOffer(w), { env: { SECRET: 'hunter22' } }), never);
    await w.provider.listOwned(never);
    await w.provider.account(never);
    const state = await w.bed.state();
    expect(JSON.stringify([w.lines, state.instances, await onlyOne(w)])).not.toContain(KEY);
    expect(state.legacy_key_uses).toBe(0);
    expect(JSON.stringify(w.lines)).not.toContain('hunter22');
    expect(w.lines.length).toBeGreaterThan(3);
  });
});
