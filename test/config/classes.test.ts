import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COMMAND_WORDS } from '../../src/config/class-schema.ts';
import { parseClassFile } from '../../src/config/classes.ts';
import { shippedFile } from '../../src/config/shipped.ts';
import { COMMAND_WORDS as DOMAIN_WORDS } from '../../src/domain/command.ts';
import type { SessionClass } from '../../src/domain/session-class.ts';

const KNOWN = { providers: ['process'], proxies: ['direct'], file: 'classes.yaml' };

// The assignment is a test of its own: config imports nothing of the domain, so a drift must fail to compile here.
const parse = (text: string): readonly SessionClass[] => parseClassFile(text, KNOWN).classes;

function only(text: string): SessionClass {
  const [first, ...others] = parse(text);
  if (first === undefined || others.length > 0) throw new Error('not one class');
  return first;
}

/** A class with one more option, on line 4. */
const withOption = (option: string) => `classes:
  a:
    command: [run, "{{port.web}}"]
    ${option}
    ports: [{name: web}, {name: api, protocol: grpc}]
`;

describe('a session class file', () => {
  it('fills in every default', () => {
    expect(only('classes: {a: {command: [run], ports: [{name: web}]}}')).toEqual({
      name: 'a',
      description: '',
      provider: 'process',
      proxy: 'direct',
      proxySettings: null,
      command: ['run'],
      env: {},
      ports: [{ name: 'web', protocol: 'http' }],
      resources: {
        cpu: { request: 0, limit: 0 },
        memory: { request: 0, limit: 0 },
        gpuModel: '',
        gpuCount: 0,
        gpuMemory: 0,
        disk: 0,
      },
      allow: {
        command: false,
        env: [],
        maxResources: {
          cpu: { request: 0, limit: 0 },
          memory: { request: 0, limit: 0 },
          gpuModel: '',
          gpuCount: 0,
          gpuMemory: 0,
          disk: 0,
        },
      },
      lifetime: { default: 3_600_000, min: 20_000, max: 86_400_000 },
      maxAgeMs: 86_400_000,
      idleTimeoutMs: null,
      maxIdleTimeoutMs: 86_400_000,
      queueTimeoutMs: 600_000,
      bootTimeoutMs: 300_000,
      activationTimeoutMs: 60_000,
      confirmTimeoutMs: 300_000,
      warnBeforeMs: 60_000,
      startAttempts: 3,
      readiness: {
        kind: 'tcp',
        port: 'web',
        intervalMs: 1_000,
        timeoutMs: 2_000,
        failureThreshold: 3,
        readyIntervalMs: 5_000,
        whileInUse: false,
      },
      access: 'open',
      activity: { connections: 'open', http: null },
      beforeEnd: null,
      image: null,
      placement: null,
      replaceOutdated: false,
      onLoss: null,
      reserve: { target: 0, maxAtOnce: 4, maxFailures: 3, retryMs: 30_000, maxRetryMs: 600_000 },
      recipe: expect.stringMatching(/^[0-9a-f]{16}$/),
    } satisfies Record<keyof SessionClass, unknown>);
  });

  it('knows how a proxy forwards, where there is one', () => {
    const known = { ...KNOWN, proxies: ['direct', 'nginx-local'] };
    const text = withOption('proxy: auto\n    proxy_settings: {max_body: 1Mi, read_timeout: 90s}');
    const [c] = parseClassFile(text, known).classes;
    expect(c).toMatchObject({
      proxy: 'nginx-local',
      proxySettings: {
        maxBody: 1_048_576,
        maxHeader: 16_384,
        maxConnections: 2_000,
        connectTimeoutMs: 5_000,
        readTimeoutMs: 90_000,
        sendTimeoutMs: 3_600_000,
        clientHeaderTimeoutMs: 60_000,
        clientBodyTimeoutMs: 86_400_000,
        clientSendTimeoutMs: 3_600_000,
        keepaliveTimeoutMs: 3_600_000,
        drainTimeoutMs: 3_600_000,
      },
    });
    const [without] = parseClassFile(text, { ...known, unusable: { 'nginx-local': 'there is none' } }).classes;
    expect(without).toMatchObject({ proxy: 'direct', proxySettings: null });
    // Replicas with and without nginx agree about the members of the reserve.
    expect(without?.recipe).toBe(c?.recipe);
  });

  it('reads friendly units', () => {
    const c = only(
      withOption(
        'resources: {cpu: 0.1..1, memory: 64Mi..1Gi, disk: 10GB, gpus: {count: 2, model: RTX 4090, memory: 24Gi}}',
      ),
    );
    expect(c.resources).toEqual({
      cpu: { request: 0.1, limit: 1 },
      memory: { request: 67_108_864, limit: 1_073_741_824 },
      gpuModel: 'RTX 4090',
      gpuCount: 2,
      gpuMemory: 25_769_803_776,
      disk: 10_000_000_000,
    });
    expect(c.allow.maxResources).toEqual(c.resources);
  });

  it('lets callers ask for more where the class says how much', () => {
    const c = only(withOption('allow: {max_resources: {cpu: 4}}\n    resources: {cpu: 1, memory: 1Gi}'));
    expect(c.allow.maxResources).toMatchObject({ cpu: { request: 4, limit: 4 }, memory: { limit: 1_073_741_824 } });
  });

  it('merges the defaults into every class, option by option', () => {
    const classes = parse(`
defaults:
  env: {A: "1", B: "1"}
  reserve: {target: 3, retry: 1m}
  readiness: {timeout: 5s, http: {path: /up}}
  ports: [{name: web}]
classes:
  a: {command: [run], env: {B: "2"}, reserve: {target: 1}}
  b: {command: [run], readiness: {tcp: {}}, ports: [{name: other, protocol: tcp}]}
`);
    expect(classes[0]).toMatchObject({
      env: { A: '1', B: '2' },
      reserve: { target: 1, retryMs: 60_000 },
      readiness: { kind: 'http', path: '/up', timeoutMs: 5_000 },
    });
    expect(classes[1]).toMatchObject({
      reserve: { target: 3 },
      readiness: { kind: 'tcp', port: 'other', timeoutMs: 5_000 },
      ports: [{ name: 'other' }],
    });
  });

  it('reads status codes as ranges', () => {
    const c = only(withOption('readiness: {http: {expect: "200-299, 404"}}'));
    expect(c.readiness).toMatchObject({
      kind: 'http',
      port: 'web',
      expect: [
        { from: 200, to: 299 },
        { from: 404, to: 404 },
      ],
    });
  });

  it("finds berth's own programs in sources and in a build", () => {
    const text =
      'classes: {a: {command: ["{{node}}", "{{berth}}/echo/server.ts", "{{ berth }}", "{{port.web}}"], ports: [{name: web}]}}';
    const inSources = parseClassFile(text, { ...KNOWN, own: { node: '/n', folder: '/s', extension: '.ts' } }).classes;
    const inBuild = parseClassFile(text, { ...KNOWN, own: { node: '/n', folder: '/d', extension: '.js' } }).classes;
    expect(inSources[0]?.command).toEqual(['/n', '/s/echo/server.ts', '/s', '{{port.web}}']);
    expect(inBuild[0]?.command).toEqual(['/n', '/d/echo/server.js', '/d', '{{port.web}}']);
    expect(inBuild[0]?.recipe).toBe(inSources[0]?.recipe);
  });

  it('changes the recipe with what an instance is made from, and with nothing else', () => {
    const recipe = (option: string) => only(withOption(option)).recipe;
    const base = recipe('env: {A: "1", B: "2"}');
    expect(recipe('env: {B: "2", A: "1"}')).toBe(base);
    expect(
      recipe('env: {A: "1", B: "2"}\n    lifetime: {default: 2h}\n    reserve: {target: 5}\n    description: x'),
    ).toBe(base);
    const others = ['env: {A: "1", B: "3"}', 'resources: {cpu: 2}', 'resources: {memory: 1Gi}'].map(recipe);
    expect(new Set([base, ...others]).size).toBe(4);
  });

  it('knows the same words in commands as the domain', () => {
    expect(Object.keys(COMMAND_WORDS)).toEqual([...DOMAIN_WORDS]);
  });

  it.each(['default', 'example', 'jupyterlab', 'vastai'].map((name) => `deploy/classes/${name}.yaml`))(
    'ships a good %s',
    (file) => {
      const known = { ...KNOWN, providers: ['process', 'vastai'], proxies: ['direct', 'nginx-local'] };
      expect(parseClassFile(readFileSync(shippedFile(file), 'utf8'), known).classes.length).toBeGreaterThan(0);
    },
  );

  it('shows every option in the example', () => {
    const example = readFileSync(shippedFile('deploy/classes/example.yaml'), 'utf8');
    const page = readFileSync(shippedFile('deploy/config.md'), 'utf8');
    const options = [...page.matchAll(/^\| `([a-z_.[\]]+)` \|/gm)].map((m) =>
      m[1]?.split(/[.[\]]+/).findLast((p) => p !== ''),
    );
    expect(options.length).toBeGreaterThan(40);
    for (const option of options) expect(example).toMatch(new RegExp(`\\b${option}:`));
  });
});
