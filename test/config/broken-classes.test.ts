import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseClassFile } from '../../src/config/classes.ts';
import { refusalOf } from '../support/config-refusal.ts';

const KNOWN = { providers: ['process'], proxies: ['direct'], file: 'classes.yaml' };

const parse = (text: string): unknown => parseClassFile(text, KNOWN);

const refusal = (text: string): string[] => refusalOf(() => parse(text));

/** A class with one more option, on line 4. */
const withOption = (option: string) => `classes:
  a:
    command: [run, "{{port.web}}"]
    ${option}
    ports: [{name: web}, {name: api, protocol: grpc}]
`;

describe('a broken class file', () => {
  it.each([
    [
      'lifetime: {max: 3 hours}',
      'classes.yaml:4:21: classes.a.lifetime.max: "3 hours" is not accepted; accepted: a duration from 1s to 366d, such as 250ms, 90s, 20m or 7d',
    ],
    ['lifetime: {max: 30}', 'classes.yaml:4:21: classes.a.lifetime.max: 30 is not accepted; accepted: a duration'],
    ['lifetme: {max: 3h}', 'classes.yaml:4:5: classes.a.lifetme: unknown option; did you mean "lifetime"?'],
    ['lifetime: {mx: 3h}', 'classes.yaml:4:16: classes.a.lifetime.mx: unknown option; did you mean "max"?'],
    [
      'lifetime: 3h',
      'classes.yaml:4:15: classes.a.lifetime: "3h" is not accepted; accepted: a map of default, min, max',
    ],
    [
      'reserve: {target: 1.5}',
      'classes.yaml:4:23: classes.a.reserve.target: 1.5 is not accepted; accepted: a whole number from 0 to 100000',
    ],
    ['reserve: {target: 100001}', 'classes.a.reserve.target: 100001 is not accepted'],
    [
      'allow: {command: yes}',
      'classes.yaml:4:22: classes.a.allow.command: "yes" is not accepted; accepted: true or false',
    ],
    [
      'allow: {env: ["A B"]}',
      'classes.yaml:4:19: classes.a.allow.env[0]: "A B" is not accepted; accepted: the name of a variable',
    ],
    ['env: {PORT: 8080}', 'classes.yaml:4:17: classes.a.env.PORT: 8080 is not accepted; accepted: text'],
    ['env: {1A: x}', 'classes.yaml:4:11: classes.a.env.1A: the name is not accepted'],
    ['env: {A: "x\\0y"}', 'classes.a.env.A: "x\\u0000y" is not accepted'],
    [
      'provider: proces',
      'classes.yaml:4:15: classes.a.provider: "proces" is not accepted; accepted: process; did you mean "process"?',
    ],
    ['proxy: nginx', 'classes.yaml:4:12: classes.a.proxy: "nginx" is not accepted; accepted: direct, auto'],
    ['resources: {cpu: 2..1}', 'classes.yaml:4:22: classes.a.resources.cpu: "2..1" is not accepted; accepted: cores'],
    ['resources: {memory: lots}', 'classes.a.resources.memory: "lots" is not accepted; accepted: a size'],
    [
      'readiness: {http: {port: wbe}}',
      'classes.yaml:4:30: classes.a.readiness.http.port: no port is named "wbe"; accepted: web, api; did you mean "web"?',
    ],
    ['readiness: {http: {port: api}}', 'classes.a.readiness.http.port: port "api" speaks grpc'],
    [
      'readiness: {http: {}, tcp: {}}',
      'classes.yaml:4:27: classes.a.readiness.tcp: only one of http, grpc and tcp is accepted',
    ],
    ['readiness: {http: {expect: 99}}', 'classes.a.readiness.http.expect: 99 is not accepted; accepted: status codes'],
    [
      'readiness: {http: {path: up}}',
      'classes.a.readiness.http.path: "up" is not accepted; accepted: a path that begins with "/"',
    ],
    ['lifetime: {max: 30m}', 'classes.a.lifetime.default: lifetime.default (1h) is above lifetime.max (30m)'],
    ['lifetime: {min: 2h}', 'classes.a.lifetime.default: lifetime.min (2h) is above lifetime.default (1h)'],
    ['max_age: 1h', 'classes.yaml:4:14: classes.a.max_age: lifetime.max (1d) is above max_age (1h)'],
    ['idle_timeout: 25h', 'classes.a.idle_timeout: idle_timeout (1d1h) is above max_idle_timeout (1d)'],
    ['reserve: {retry: 1h}', 'classes.a.reserve.max_retry: reserve.retry (1h) is above reserve.max_retry (10m)'],
    ['command2: []', 'classes.a.command2: unknown option; did you mean "command"?'],
    ['description:', 'classes.yaml:4:5: classes.a.description: null is not accepted'],
  ])('says where and what is wrong with %s', (option, text) => {
    expect(refusal(withOption(option)).join('\n')).toContain(text);
  });

  it.each([
    ['a token without a proxy that asks for it', 'access: token', 'access: proxy direct cannot ask for a token'],
    ['a token where auto is direct', 'proxy: auto\n    access: token', 'access: auto is direct here'],
    ['a replacement without an address that stays', 'on_loss: {replace: {}}', 'on_loss: proxy direct cannot replace'],
    [
      'connections that do not count, and nothing else that does',
      'activity: {connections: ignore}',
      'activity.connections: is ignore, so nothing would tell',
    ],
    [
      'a question in HTTP to a gRPC port',
      'activity: {http: {port: api, path: /, json: n}}',
      'activity.http.port: port "api"',
    ],
    ['a hook of no port', 'before_end: {port: wed, path: /}', 'did you mean "web"'],
    ['a gRPC probe of an HTTP port', 'readiness: {grpc: {}}', 'readiness.grpc: port "web" speaks http'],
    [
      'two kinds of readiness',
      'readiness: {grpc: {port: api}, tcp: {}}',
      'readiness.tcp: only one of http, grpc and tcp',
    ],
  ])('refuses %s', (_, option, text) => {
    expect(refusal(withOption(option)).join('\n')).toContain(text);
  });

  it('refuses a token for TCP ports alone, which cannot ask for one', () => {
    const text = withOption('proxy: nginx-local\n    access: token').replace(
      /ports: .*/,
      'ports: [{name: web, protocol: tcp}]',
    );
    const behind = { ...KNOWN, proxies: ['direct', 'nginx-local'] };
    expect(() => parseClassFile(text, behind)).toThrow('access: is token, but the class has only TCP ports');
  });

  it.each([
    ['command: []', 'classes.a.command: is required with provider process'],
    [
      'command: [run, 100]',
      'classes.a.command[1]: 100 is not accepted; accepted: text of 1 to 8192 characters (numbers in quotes)',
    ],
    ['command: [run, "{{port.wep}}"]', 'unknown word {{port.wep}}; accepted: cpu_limit'],
    ['command: [run, "{{cpu_limits}}"]', 'did you mean "cpu_limit"?'],
    [
      'command: [run, "{{session_id}}"]\n    reserve: {target: 1}',
      '{{session_id}} is not known when an instance of the reserve starts',
    ],
  ])('says what is wrong with %s', (command, text) => {
    expect(refusal(`classes:\n  a:\n    ${command}\n    ports: [{name: web}]\n`).join('\n')).toContain(text);
  });

  it('tells everything at once, in the order of the file', () => {
    const lines = refusal(`defaults:
  start_attempts: 900
classes:
  Bad_Name:
    command: [run]
    ports: [{name: web}, {name: web}]
    max_age: never
  a:
    ports: []
  b:
extra: 1
`);
    expect(lines).toEqual([
      'classes.yaml:2:19: defaults.start_attempts: 900 is not accepted; accepted: a whole number from 1 to 100',
      expect.stringMatching(/^classes.yaml:4:3: classes.Bad_Name: is no name for a class; accepted: /),
      expect.stringMatching(/^classes.yaml:7:14: classes.Bad_Name.max_age: "never" is not accepted/),
      expect.stringMatching(/^classes.yaml:9:12: classes.a.ports: \[\] is not accepted/),
      'classes.yaml:10:3: classes.b: null is not accepted; accepted: a map of options',
      expect.stringMatching(/^classes.yaml:11:1: extra: unknown option/),
    ]);
  });

  it('places a broken rule at the default that breaks it', () => {
    const lines = refusal('defaults:\n  proxy: nginx\nclasses:\n  a: {command: [run], ports: [{name: web}]}\n');
    expect(lines).toEqual(['classes.yaml:2:10: classes.a.proxy: "nginx" is not accepted; accepted: direct, auto']);
  });

  it.each([
    ['', 'is no class file'],
    ['- a', 'is no class file'],
    ['classes:', 'classes: is required; accepted: at least one class by its name'],
    ['classes: {}', 'classes: is required'],
    ['classes: [a]', 'classes: is required'],
    ['classes: {a: {}, a: {}}', 'classes.yaml:1:18: Map keys must be unique'],
    ['classes: {a: {', 'classes.yaml:1:'],
    ['classes:\n\ta: 1', 'classes.yaml:2:1: '],
    ['a: &a [x, x]\nb: &b [*a, *a]\nclasses: *c', 'classes.yaml:'],
    ['classes: {a: {access: &a [*a]}}', 'cannot be read: an alias (*) stands within what it names'],
    ['defaults: &d {env: *d}\nclasses: {a: *d}', 'cannot be read: an alias (*) stands within what it names'],
    [
      'classes: {a: {on_loss: {replace: {attempts: -1}}}}',
      'classes.a.on_loss.replace.attempts: -1 is not accepted; accepted: a whole number from 1 to 100',
    ],
    [`classes: {a: {description: "${'x'.repeat(1_100_000)}"}}`, 'is larger than 1 MiB'],
    [
      `a0: &a0 x\n${Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`).join('\n')}\nclasses: {}`,
      'cannot be read: Excessive alias count',
    ],
  ])('is told apart: %.40j', (text, expected) => {
    expect(refusal(text).join('\n')).toContain(expected);
  });

  it('is refused in words whatever it holds', () => {
    const keys = fc.constantFrom(
      'classes',
      'defaults',
      'a',
      'ports',
      'command',
      'lifetime',
      'max',
      'env',
      '__proto__',
      'constructor',
      'readiness',
      'http',
      'name',
    );
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 5 },
        fc.jsonValue({ maxDepth: 1 }),
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(keys, tie('node'), { maxKeys: 4 }),
      ),
    })).node;
    fc.assert(
      fc.property(tree, (classes) => {
        try {
          parse(JSON.stringify({ classes }));
        } catch (err) {
          expect((err as Error).name).toBe('ConfigError');
          expect((err as Error).message).toMatch(/^classes\.yaml:\d+:\d+: /);
        }
      }),
      { numRuns: 300 },
    );
  });
});
