import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Addresses } from '../../../src/domain/endpoint.ts';
import type { ProxyId } from '../../../src/domain/ids.ts';
import { PROXY_SETTINGS } from '../../support/fixtures.ts';
import { httpServer, type Told, teller } from './upstream.ts';
import { at, type NginxWorld, namesOf, newProxyId, nginxWorld, urlOf } from './world.ts';

const never = new AbortController().signal;
const TOKEN = '0f1e2d3c4b5a6978'.repeat(4);

describe('A proxy to an instance that asks for a secret of its own', () => {
  let world: NginxWorld;
  let id: ProxyId;
  beforeEach(async () => {
    world = await nginxWorld();
    id = newProxyId();
  });
  afterEach(() => world.close());

  async function serve(upstream: Addresses, authorization: string, accessToken?: string): Promise<string> {
    const token = accessToken === undefined ? {} : { accessToken };
    const spec = { id, ports: namesOf(upstream), upstream, settings: PROXY_SETTINGS, authorization, ...token };
    const seen = await world.proxy.ensure(spec, never);
    if (seen.status !== 'serving') throw new Error(seen.status);
    return urlOf(seen.endpoint);
  }
  async function sent(url: string, headers: Record<string, string>): Promise<string | undefined> {
    const answer = await fetch(url, { headers: { ...headers, connection: 'close' } });
    return ((await answer.json()) as Told).headers.authorization;
  }

  it.each([undefined, TOKEN])(
    'sends it along in place of whatever the caller sent (access token: %s)',
    async (access) => {
      const url = await serve([at(await httpServer(teller))], 'token 0a1b2c', access);
      const cookie = `berth_${id.slice(2)}=${TOKEN}`;
      for (const headers of [{ authorization: `Bearer ${TOKEN}` }, { cookie }, { cookie, authorization: 'Basic eDp5' }])
        expect(await sent(url, headers)).toBe('token 0a1b2c');
    },
  );

  it('lets nobody in by it', async () => {
    const url = await serve([at(await httpServer(teller))], 'token 0a1b2c', TOKEN);
    expect((await fetch(url, { headers: { authorization: 'token 0a1b2c' } })).status).toBe(401);
  });

  it('takes another one at once, and writes none down but in its configuration', async () => {
    const upstream = [at(await httpServer(teller))];
    const url = await serve(upstream, 'token 0a1b2c');
    expect(await serve(upstream, 'token next')).toBe(url);
    expect(await sent(url, {})).toBe('token next');
    const files = readdirSync(world.dir, { recursive: true, withFileTypes: true }).filter((f) => f.isFile());
    const holding = files.filter((f) => /0a1b2c|next/.test(readFileSync(join(f.parentPath, f.name), 'utf8')));
    expect(holding.map((f) => f.name)).toEqual(['nginx.conf']);
    expect(files.map((f) => f.name)).toContain('proxy.json');
  });
});
