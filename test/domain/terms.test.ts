import { describe, expect, it } from 'vitest';
import { COMMAND_WORDS, fillCommand, fillEnv, unknownWord } from '../../src/domain/command.ts';
import { matches, termsFor, type Wishes } from '../../src/domain/terms.ts';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { aClass, GRANTED, instanceId, PLACEMENT, sessionId } from '../support/fixtures.ts';

const wish = (over: Partial<Wishes> = {}): Wishes => ({
  requirements: {},
  env: {},
  command: [],
  lifetimeMs: null,
  idleTimeoutMs: null,
  queueTimeoutMs: null,
  ...over,
});
const termsOf = (w: Partial<Wishes>, over = {}) => {
  const r = termsFor(aClass(over), wish(w));
  return 'terms' in r ? r.terms : r.violations.map((v) => v.field);
};

describe('the terms of a session', () => {
  it('are those of its class when nothing is asked for', () => {
    expect(termsOf({})).toEqual({
      lifetimeMs: HOUR,
      maxAgeMs: 24 * HOUR,
      idleTimeoutMs: null,
      queueTimeoutMs: 10 * MINUTE,
      confirmTimeoutMs: 5 * MINUTE,
      warnBeforeMs: MINUTE,
      startAttempts: 3,
    });
  });

  it('are those asked for within the bounds of its class', () => {
    const asked = { lifetimeMs: 20 * SECOND, idleTimeoutMs: SECOND, queueTimeoutMs: 0 };
    expect(termsOf(asked)).toMatchObject(asked);
    expect(termsOf({ lifetimeMs: 24 * HOUR, queueTimeoutMs: 24 * HOUR })).toMatchObject({ lifetimeMs: 24 * HOUR });
  });

  it('take an idle timeout of 0 as never, where the class has none', () => {
    expect(termsOf({ idleTimeoutMs: 0 })).toMatchObject({ idleTimeoutMs: null });
    expect(termsOf({ idleTimeoutMs: 0 }, { idleTimeoutMs: HOUR })).toEqual(['idle_timeout']);
    expect(termsOf({}, { idleTimeoutMs: HOUR })).toMatchObject({ idleTimeoutMs: HOUR });
  });

  it.each([
    ['lifetime', { lifetimeMs: 20 * SECOND - 1 }],
    ['lifetime', { lifetimeMs: 24 * HOUR + 1 }],
    ['lifetime', { lifetimeMs: Number.NaN }],
    ['idle_timeout', { idleTimeoutMs: SECOND - 1 }],
    ['idle_timeout', { idleTimeoutMs: 24 * HOUR + 1 }],
    ['queue_timeout', { queueTimeoutMs: -1 }],
    ['queue_timeout', { queueTimeoutMs: 24 * HOUR + 1 }],
    ['env[HOME]', { env: { HOME: '/', USER_A: 'x' } }],
    ['command', { command: ['run', '{{nonsense}}'] }],
    ['requirements.cpu.request', { requirements: { cpuRequest: 8.001 } }],
    ['requirements.cpu.limit', { requirements: { cpuLimit: 9 } }],
    ['requirements.memory.request_bytes', { requirements: { memoryRequest: 2 ** 35 } }],
    ['requirements.memory.limit_bytes', { requirements: { memoryLimit: 2 ** 35 } }],
    ['requirements.gpus.count', { requirements: { gpuCount: 1 } }],
    ['requirements.gpus.memory_bytes', { requirements: { gpuMemory: 1 } }],
    ['requirements.disk_bytes', { requirements: { disk: 1 } }],
    ['requirements.regions[1]', { requirements: { regions: ['europe', 'Atlantis'] } }],
  ] as const)('are refused for %s beyond what the class allows', (field, asked) => {
    expect(termsOf(asked)).toEqual([field]);
  });

  it('are refused for all that is wrong at once', () => {
    expect(termsOf({ lifetimeMs: 1, env: { A: '', B: '' }, queueTimeoutMs: -1 })).toEqual([
      'lifetime',
      'queue_timeout',
      'env[A]',
      'env[B]',
    ]);
  });

  it('refuse a command where the class allows none', () => {
    expect(termsOf({ command: ['true'] }, { allow: { ...aClass().allow, command: false } })).toEqual(['command']);
  });

  it('name what is accepted in each refusal', () => {
    const r = termsFor(
      aClass(),
      wish({ lifetimeMs: 1, env: { HOME: '' }, requirements: { gpuCount: 1, cpuLimit: 9 } }),
    );
    const said = 'violations' in r ? r.violations.map((v) => v.description) : [];
    expect(said).toEqual([
      '0.001 s is outside 20 s to 86400 s',
      'class "echo" does not let callers set it; accepted: USER_*',
      '9 is more than class "echo" allows; accepted: up to 8 cores',
      '1 is more than class "echo" allows; it has none to give',
    ]);
  });

  it('count offers that are gone where the class rents on a market', () => {
    expect(termsOf({}, { placement: { ...PLACEMENT, offerAttempts: 7 } })).toMatchObject({ offerAttempts: 7 });
    expect(termsOf({})).not.toHaveProperty('offerAttempts');
  });

  it('accept regions and models that the class has, however they are written', () => {
    const placement = { ...PLACEMENT, regions: ['Europe', 'us'], gpuModels: ['RTX 4090', 'A100 SXM4'] };
    const requirements = { regions: ['germany', 'north-america', 'world'], gpuModels: ['a100_sxm4'] };
    expect(termsOf({ requirements }, { placement })).toMatchObject({ startAttempts: 3 });
  });

  it('name what is accepted where a region or model is none of the class', () => {
    const placement = { ...PLACEMENT, regions: ['Europe'], gpuModels: ['RTX 4090'] };
    const r = termsFor(
      aClass({ placement }),
      wish({ requirements: { regions: ['jp'], gpuModels: ['H100', 'RTX 4090'] } }),
    );
    expect('violations' in r && r.violations).toEqual([
      { field: 'requirements.gpus.models[0]', description: '"H100" is none of class "echo"; accepted: RTX 4090' },
      {
        field: 'requirements.regions[0]',
        description: '"jp" is outside the regions of class "echo"; accepted: Europe',
      },
    ]);
    const unknown = termsFor(aClass(), wish({ requirements: { regions: ['Atlantis'] } }));
    expect('violations' in unknown && unknown.violations[0]?.description).toMatch(
      /accepted: north america, .*two-letter code/,
    );
  });
});

describe('patterns of variable names', () => {
  it.each([
    ['A', 'A', true],
    ['A', 'AB', false],
    ['*', '', true],
    ['*', 'ANY', true],
    ['A*', 'A', true],
    ['A*', 'BA', false],
    ['*A', 'BA', true],
    ['A*A', 'A', false],
    ['A*A', 'AA', true],
    ['A*B*C', 'AxBxC', true],
    ['A*B*C', 'ACB', false],
    ['A*BC*C', 'ABC', false],
    ['A*BC*C', 'ABCC', true],
    ['**', 'X', true],
    ['A.B', 'AxB', false],
    ['a', 'A', false],
  ])('%s against %s: %s', (pattern, name, expected) => {
    expect(matches(pattern, name)).toBe(expected);
  });

  it('take no longer than their lengths deserve', () => {
    const startedAt = performance.now();
    expect(matches(`${'*A'.repeat(60)}B`, 'A'.repeat(100_000))).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(500);
  });
});

describe('words in a command', () => {
  it('are filled in from what was granted', () => {
    const words = COMMAND_WORDS.map((w) => `{{${w}}}`);
    const granted = { ...GRANTED, gpuCount: 2, disk: 7 };
    expect(fillCommand(words, granted, instanceId(), sessionId())).toEqual([
      '2',
      '1',
      String(2 ** 30),
      String(2 ** 29),
      '2',
      '7',
      sessionId(),
      instanceId(),
    ]);
  });

  it('are filled in wherever they stand, however often, with blanks around them', () => {
    const command = ['--m={{ memory_limit }}b', '{{gpu_count}}{{gpu_count}}', 'plain'];
    expect(fillCommand(command, GRANTED, instanceId(), null)).toEqual([`--m=${2 ** 30}b`, '00', 'plain']);
  });

  it('are empty for the session in the reserve, and left for the provider where they are its ports', () => {
    expect(fillCommand(['{{session_id}}', '{{port.http}}'], GRANTED, instanceId(), null)).toEqual([
      '',
      '{{port.http}}',
    ]);
  });

  it('are not filled in again from what was filled in', () => {
    const id = '{{gpu_count}}' as never;
    expect(fillCommand(['{{instance_id}}'], GRANTED, id, null)).toEqual(['{{gpu_count}}']);
  });

  it('have no secret among them: that is for the environment alone', () => {
    expect(unknownWord(['{{instance_token}}'], [])).toBe('instance_token');
    const env = { A: 'x{{ instance_token }}y{{instance_token}}', B: '{{cpu_limit}}' };
    expect(fillEnv(env, () => '$&')).toEqual({ A: 'x$&y$&', B: '{{cpu_limit}}' });
  });

  it.each([
    [['{{cpu_limit}} {{port.http}}'], null],
    [['ok', '{{port.ssh}}'], 'port.ssh'],
    [['{{CPU_LIMIT}}'], 'CPU_LIMIT'],
    [['{{toString}}'], 'toString'],
    [['{{port.}}'], 'port.'],
    [['{ {cpu_limit} }'], null],
  ])('are known or refused by name: %j', (command, unknown) => {
    expect(unknownWord(command, ['http'])).toBe(unknown);
  });
});
