import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { placeIn } from '../../../src/adapters/vastai/logs.ts';
import { orderOf, textOf } from '../../contract/compute-provider.contract.ts';
import { eventually } from '../../support/eventually.ts';
import { searchFor } from '../../support/fixtures.ts';
import { localServers } from '../../support/local-servers.ts';
import { image, KEY, never, oneGpu, type VastWorld, vastWorld } from './world.ts';

let world: VastWorld | null = null;
afterEach(async () => {
  await world?.close();
  world = null;
});

const ref = { id: '77', machine: '', host: '', region: '' };
const all = { follow: false, tailLines: null };

describe('The log of an instance at Vast.ai', () => {
  const listen = localServers();

  /** A place where the log is, after `tries` that it is not, then each text once and the last for ever. */
  async function place(texts: readonly string[], tries = 0) {
    const keys: (string | undefined)[] = [];
    let asked = 0;
    const { to } = await listen(
      createServer((req, res) => {
        keys.push(req.headers.authorization);
        asked++;
        if (asked <= tries) res.writeHead(403).end('<Error/>');
        else res.end(texts[Math.min(asked - tries - 1, texts.length - 1)]);
      }),
    );
    return { url: `http://127.0.0.1:${to.port}/log`, keys };
  }

  /** The API, which says where the log is. After `until` requests the instance is gone. */
  async function api(answer: object, until = Number.POSITIVE_INFINITY) {
    const bodies: unknown[] = [];
    let asked = 0;
    const { to } = await listen(
      createServer(async (req, res) => {
        const pieces = await req.toArray();
        bodies.push(JSON.parse(Buffer.concat(pieces).toString('utf8')));
        if (++asked > until) res.writeHead(404).end('{"success":false,"error":"no_such_instance"}');
        else res.end(JSON.stringify(answer));
      }),
    );
    world = await vastWorld();
    return { provider: world.make({ url: `http://127.0.0.1:${to.port}` }), bodies };
  }

  it('is fetched without the key, once it is there', async () => {
    const { url, keys } = await place(['one\ntwo\n'], 2);
    const { provider, bodies } = await api({ success: true, result_url: url });
    expect(await textOf(provider.logs(ref, all, never))).toBe('one\ntwo\n');
    expect(keys).toEqual([undefined, undefined, undefined]);
    expect(bodies).toEqual([{ tail: '10000' }]);
  });

  it('is followed by asking again, and only what is new is given', async () => {
    // The last but one is of a program that was started anew.
    const texts = ['a\nb\n', 'a\nb\n', 'a\nb\nc\n', 'x\ny\n', 'x\ny\n'];
    const { url } = await place(texts);
    const { provider } = await api({ success: true, result_url: url }, 5);
    expect(await textOf(provider.logs(ref, { follow: true, tailLines: 1 }, never))).toBe('b\nc\nx\ny\n');
  });

  it('goes on where a long one was cut at its beginning', async () => {
    const lines = Array.from({ length: 3_000 }, (_, n) => `line ${n}\n`);
    const { url } = await place([lines.slice(0, 2_000).join(''), lines.slice(1_000).join('')]);
    const { provider } = await api({ success: true, result_url: url }, 2);
    expect(await textOf(provider.logs(ref, { follow: true, tailLines: null }, never))).toBe(lines.join(''));
  });

  it('is empty while nothing was written, and not an error', async () => {
    const { provider } = await api({ success: false, msg: 'instance 77 has no logs yet' });
    expect(await textOf(provider.logs(ref, all, never))).toBe('');
    const { url } = await place(['\n']);
    await world?.close();
    const other = await api({ success: true, result_url: url });
    expect(await textOf(other.provider.logs(ref, all, never))).toBe('');
  });

  it('comes in pieces, however long it is', async () => {
    const text = `${'ü'.repeat(100_000)}\n`;
    const { url } = await place([text]);
    const { provider } = await api({ success: true, result_url: url });
    expect(await textOf(provider.logs(ref, all, never))).toBe(text);
  });

  it.each(['file:///etc/passwd', 'ftp://127.0.0.1/x', 'not a url'])('is not fetched from %s', async (url) => {
    const { provider } = await api({ success: true, result_url: url });
    const refused = await textOf(provider.logs(ref, all, never)).catch((err: unknown) => err);
    expect(refused).toMatchObject({ code: 'unavailable' });
  });

  it('is not fetched in the clear when the API is not', () => {
    const inTheClear = 'http://logs.example/x';
    expect(placeIn(inTheClear, 'https://console.vast.ai')).toBeNull();
    expect(placeIn(inTheClear, 'http://127.0.0.1:1')?.href).toBe(inTheClear);
    expect(placeIn('https://logs.example/x', 'https://console.vast.ai')?.host).toBe('logs.example');
  });

  it('is not found where there is no such instance', async () => {
    const { provider } = await api({}, 0);
    await expect(textOf(provider.logs(ref, all, never))).rejects.toMatchObject({ code: 'not-found' });
    await expect(textOf(provider.logs({ ...ref, id: '../x' }, all, never))).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  it('of the simulator refuses whoever brings a key, and is had', async () => {
    world = await vastWorld({ frozen: false });
    const [offer] = (await world.provider.listOffers(searchFor(oneGpu()), never)).offers;
    if (offer === undefined) throw new Error('no offer');
    const order = orderOf(offer, world.runsFor(['hello']), { image: image() });
    const made = await world.provider.create(order, never);
    const { provider } = world;
    const told = async () => textOf(provider.logs(made.ref, all, never));
    await eventually('the whole log', async () => (await told()) === 'hello\n');
    expect(JSON.stringify(world.lines)).not.toContain(KEY);
  });
});
