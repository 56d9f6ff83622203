import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseClassFile } from '../../src/config/classes.ts';
import { loadConfig } from '../../src/config/load.ts';
import { shippedFile } from '../../src/config/shipped.ts';
import { REGIONS } from '../../src/domain/regions.ts';
import type { SessionClass } from '../../src/domain/session-class.ts';
import { MINUTE } from '../../src/domain/time.ts';
import { refusalOf } from '../support/config-refusal.ts';

const KNOWN = {
  providers: ['process', 'vastai'],
  proxies: ['direct', 'nginx-local'],
  regions: REGIONS,
  file: 'classes.yaml',
};

const text = (more: string, image = 'image: ghcr.io/me/app:1') => `classes:
  gpu:
    provider: vastai
    ${image}
    ports: [{name: web}]
    ${more}
`;
const read = (more: string, image?: string): SessionClass => {
  const [c] = parseClassFile(text(more, image), KNOWN).classes;
  if (c === undefined) throw new Error('no class');
  return c;
};
const refusal = (more: string, image?: string): string[] => refusalOf(() => parseClassFile(text(more, image), KNOWN));

describe('A class of a market', () => {
  it('says what may be rented, in micro-dollars, bytes and milliseconds', () => {
    const c = read(
      'placement: {gpu_models: [RTX 4090], regions: [Europe, us], max_price: 0.5, min_remaining: 2d, minute_value: 0.02, image_size: 3GB}',
    );
    expect(c.image).toEqual({ image: 'ghcr.io/me/app:1', template: null, login: null });
    expect(c.placement).toMatchObject({
      gpuModels: ['RTX 4090'],
      regions: ['Europe', 'us'],
      maxMicrosPerHour: 500_000,
      minRemainingMs: 2 * 24 * 60 * MINUTE,
      microsPerMinute: 20_000,
      imageBytes: 3e9,
      verified: true,
      query: null,
    });
  });

  it('takes the model of its resources where it names none', () => {
    const c = read('resources: {gpus: {model: RTX 3090, count: 1}}');
    expect(c.placement?.gpuModels).toEqual(['RTX 3090']);
  });

  it('gives a rented machine 20 minutes to boot, and a program of this machine 5', () => {
    expect(read('').bootTimeoutMs).toBe(20 * MINUTE);
    expect(read('boot_timeout: 3m').bootTimeoutMs).toBe(3 * MINUTE);
    const [own] = parseClassFile('classes: {a: {command: [run], ports: [{name: web}]}}', KNOWN).classes;
    expect(own).toMatchObject({ bootTimeoutMs: 5 * MINUTE, placement: null, image: null });
  });

  it('keeps a query as it is written, and a template by number as text', () => {
    expect(read('placement: {query: {compute_cap: {gte: 800}, "type": "bid"}}').placement?.query).toEqual({
      compute_cap: { gte: 800 },
      type: 'bid',
    });
    expect(read('', 'template: 12345').image).toMatchObject({ image: '', template: '12345' });
  });

  it('names the password file of a private image, and never a password', () => {
    const c = read('registry: {server: ghcr.io, username: me, password_file: /etc/x}');
    expect(c.image?.login).toEqual({ server: 'ghcr.io', username: 'me', passwordFile: '/etc/x' });
    expect(refusal('registry: {server: ghcr.io, username: me, password: secret}')).toEqual([
      expect.stringContaining('registry.password_file: is required'),
      expect.stringContaining('registry.password: unknown option; accepted: server, username, password_file'),
    ]);
  });

  it('has another recipe with another image, template or port in it', () => {
    const recipes = [
      read(''),
      read('', 'image: ghcr.io/me/app:2'),
      read('template: 7'),
      parseClassFile(text('').replace('{name: web}', '{name: web, number: 80}'), KNOWN).classes[0],
    ].map((c) => c?.recipe);
    expect(new Set(recipes).size).toBe(recipes.length);
  });

  it.each([
    [
      'placement: {regions: [Atlantis]}',
      'classes.yaml:6:27: classes.gpu.placement.regions[0]: "Atlantis" is no region; accepted: ',
    ],
    ['placement: {max_price: free}', 'placement.max_price: "free" is not accepted; accepted: US dollars such as 0.35'],
    ['placement: {max_price: -1}', 'placement.max_price: -1 is not accepted'],
    [
      'placement: {min_reliability: 99}',
      'placement.min_reliability: 99 is not accepted; accepted: a number from 0 to 1',
    ],
    [
      'placement: {expected_hours: 0}',
      'placement.expected_hours: 0 is not accepted; accepted: a number above 0, up to 10000',
    ],
    ['placement: {gpus: [x]}', 'placement.gpus: unknown option'],
    ['replace_outdated: true', 'replace_outdated: needs on_loss: replace'],
  ])('is refused with %s', (more, why) => {
    expect(refusal(more)).toEqual([expect.stringContaining(why)]);
  });

  it('has no port where another one is', () => {
    const same = text('').replace(
      '{name: web}',
      '{name: web, number: 80}, {name: api, number: 80}, {name: own}, {name: o2}',
    );
    expect(refusalOf(() => parseClassFile(same, KNOWN))).toEqual([
      expect.stringContaining('ports[1].number: 80 is taken by another port of the class'),
    ]);
  });

  it('needs an image or a template, which a program of this machine must not have', () => {
    expect(refusal('', '')).toEqual([expect.stringContaining('image: is required with provider vastai')]);
    expect(
      refusalOf(() =>
        parseClassFile('classes: {a: {command: [run], image: x, template: y, ports: [{name: web}]}}', KNOWN),
      ),
    ).toEqual([
      expect.stringContaining('image: is not for provider process'),
      expect.stringContaining('template: is not for provider process'),
    ]);
  });

  it('needs a key', () => {
    const known = { ...KNOWN, unusable: { vastai: 'it has no key' } };
    expect(refusalOf(() => parseClassFile(text(''), known))).toEqual([
      expect.stringContaining('provider: "vastai" cannot be used here: it has no key'),
    ]);
  });

  it('is shipped so that nobody gets in who has no token', () => {
    const file = 'deploy/classes/vastai.yaml';
    const [c] = parseClassFile(readFileSync(shippedFile(file), 'utf8'), KNOWN).classes;
    expect(c).toMatchObject({ access: 'token', proxy: 'nginx-local', env: { JUPYTER_TOKEN: '{{instance_token}}' } });
    expect(c?.proxySettings?.authorization).toBe('token {{instance_token}}');
  });
});

describe('The options of a market', () => {
  it('are off without a key, and then hold what is low by default', () => {
    expect(loadConfig({}).vastai).toBeNull();
    expect(loadConfig({ BERTH_VASTAI_KEY: 'k' })).toMatchObject({
      maxInstances: 10,
      maxMicrosPerHour: 5_000_000,
      vastai: {
        key: 'k',
        keyFile: null,
        url: 'https://console.vast.ai',
        pace: 1,
        upstreams: [],
        minCreditMicros: 1_000_000,
      },
      bans: { losses: 5, lossWindowMs: 60 * MINUTE, hostAfter: 3 },
      blacklist: null,
    });
  });

  it('read networks, money and an address', () => {
    const env = {
      BERTH_VASTAI_KEY_FILE: '/k',
      BERTH_VASTAI_UPSTREAMS: '10.0.0.0/8, fd00::/8',
      BERTH_VASTAI_URL: 'http://127.0.0.1:8642/',
    };
    expect(loadConfig(env).vastai).toMatchObject({
      keyFile: '/k',
      url: 'http://127.0.0.1:8642',
      upstreams: [
        { address: '10.0.0.0', prefix: 8 },
        { address: 'fd00::', prefix: 8 },
      ],
    });
  });

  it.each([
    [{ BERTH_VASTAI_KEY: 'k', BERTH_VASTAI_KEY_FILE: '/k' }, 'BERTH_VASTAI_KEY_FILE: is set beside BERTH_VASTAI_KEY'],
    [{ BERTH_VASTAI_UPSTREAMS: '10.0.0.0/33' }, 'BERTH_VASTAI_UPSTREAMS: "10.0.0.0/33" is not accepted'],
    [{ BERTH_VASTAI_URL: 'https://me:secret@vast.ai' }, 'BERTH_VASTAI_URL: "https://***@vast.ai" is not accepted'],
    [{ BERTH_BLACKLIST_REDIS: 'redis://:two words@h' }, 'BERTH_BLACKLIST_REDIS: "redis://***@h" is not accepted'],
    [{ BERTH_VASTAI_PACE: '0' }, 'BERTH_VASTAI_PACE: "0" is not accepted'],
    [{ BERTH_MAX_DOLLARS_PER_HOUR: '1e3' }, 'BERTH_MAX_DOLLARS_PER_HOUR: "1e3" is not accepted'],
    [{ BERTH_BLACKLIST_WRITE: 'true' }, 'BERTH_BLACKLIST_REDIS: is required with BERTH_BLACKLIST_WRITE'],
  ])('are refused: %j', (env, why) => {
    expect(refusalOf(() => loadConfig(env))).toEqual([expect.stringContaining(why)]);
  });
});
