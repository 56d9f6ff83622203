import { describe, expect, it } from 'vitest';
import { parseClassFile } from '../../src/config/classes.ts';
import { NO_QUOTA, type Quota, type Quotas, quotaOf } from '../../src/domain/quota.ts';
import { refusalOf } from '../support/config-refusal.ts';

const KNOWN = { providers: ['process'], proxies: ['direct'], file: 'classes.yaml' };
const CLASSES =
  'classes: {echo: {command: [run], ports: [{name: web}]}, gpu: {command: [run], ports: [{name: web}]}}\n';

// The assignment is a test of its own: config imports nothing of the domain, so a drift must fail to compile here.
const parse = (text: string): Quotas => parseClassFile(CLASSES + text, KNOWN).quotas;
const rate = (perMinute: number, burst: number): Quota['rate'] => ({ perMinute, burst });

const refusal = (text: string): string[] => refusalOf(() => parse(text));

describe('the quotas of a class file', () => {
  it.each(['', 'quotas: {}', 'quotas: {default: {}, tenants: {}}'])('limit nobody when there are none: %s', (text) => {
    expect(parse(text)).toEqual({ default: NO_QUOTA, tenants: new Map() });
  });

  it('hold by default for every tenant', () => {
    const quotas = parse(
      'quotas: {default: {sessions: 10, gpus: 0, acquires_per_minute: 60, burst: 20, classes: {gpu: 2}}}',
    );
    const all = { sessions: 10, gpus: 0, rate: rate(60, 20), classes: new Map([['gpu', 2]]) };
    for (const tenant of ['default', 'acme', 'constructor']) expect(quotaOf(quotas, tenant)).toEqual(all);
  });

  it('let as many begin at once as a minute allows, unless a burst is given', () => {
    expect(parse('quotas: {default: {acquires_per_minute: 30}}').default.rate).toEqual(rate(30, 30));
    expect(parse('quotas: {default: {burst: 30}}').default.rate).toBeNull();
  });

  it('are overridden for a tenant option by option, and lifted by none', () => {
    const quotas = parse(`
quotas:
  default: { sessions: 10, gpus: 4, acquires_per_minute: 60, burst: 5, classes: { gpu: 2, echo: 3 } }
  tenants:
    acme: { sessions: 50, gpus: none, classes: { gpu: none } }
    slow: { acquires_per_minute: 6 }
    free: { acquires_per_minute: none }
`);
    const classes = (gpu: number | null) => new Map([['gpu', gpu] as const, ['echo', 3] as const]);
    expect(quotaOf(quotas, 'acme')).toEqual({ sessions: 50, gpus: null, rate: rate(60, 5), classes: classes(null) });
    expect(quotaOf(quotas, 'slow')).toEqual({ sessions: 10, gpus: 4, rate: rate(6, 5), classes: classes(2) });
    expect(quotaOf(quotas, 'free').rate).toBeNull();
  });

  it.each([
    ['quotas: 5', 'classes.yaml:2:9: quotas: 5 is not accepted; accepted: a map of options'],
    ['quotas: {defaults: {}}', 'classes.yaml:2:10: quotas.defaults: unknown option; did you mean "default"?'],
    ['quotas: {tenants: 3}', 'classes.yaml:2:19: quotas.tenants: 3 is not accepted; accepted: a map of options'],
    [
      'quotas: {default: {sessions: many}}',
      'classes.yaml:2:30: quotas.default.sessions: "many" is not accepted; accepted: a whole number from 0 to 1000000, or none',
    ],
    ['quotas: {default: {gpus: -1}}', 'classes.yaml:2:26: quotas.default.gpus: -1 is not accepted'],
    ['quotas: {default: {acquires_per_minute: 0}}', 'accepted: a whole number from 1 to 1000000, or none'],
    ['quotas: {default: {burst: none}}', 'classes.yaml:2:27: quotas.default.burst: "none" is not accepted'],
    ['quotas: {default: {sesions: 1}}', 'quotas.default.sesions: unknown option; did you mean "sessions"?'],
    [
      'quotas: {default: {classes: {gpus: 1}}}',
      'classes.yaml:2:30: quotas.default.classes.gpus: is no class of this file; accepted: echo, gpu; did you mean "gpu"?',
    ],
    [
      'quotas: {tenants: {acme: {classes: {ehco: 1}}}}',
      'classes.yaml:2:37: quotas.tenants.acme.classes.ehco: is no class of this file; accepted: echo, gpu; did you mean "echo"?',
    ],
    [
      'quotas: {tenants: {acme: {classes: {gpu: x}}}}',
      'classes.yaml:2:42: quotas.tenants.acme.classes.gpu: "x" is not',
    ],
    [
      'quotas: {tenants: {Acme: {}}}',
      'classes.yaml:2:20: quotas.tenants.Acme: is no name for a tenant; accepted: 1 to 63 lower-case letters, digits and "-"',
    ],
    ['quotas: {tenants: {acme: none}}', 'classes.yaml:2:26: quotas.tenants.acme: "none" is not accepted'],
  ])('are refused with where and what: %s', (text, message) => {
    const told = refusal(text);
    expect(told).toHaveLength(1);
    expect(told[0]).toContain(message);
  });

  it('tell what is wrong with the default once, whatever tenants there are', () => {
    const told = refusal('quotas: {default: {sessions: x, classes: {no: 1}}, tenants: {a: {}, b: {gpus: 1}}}');
    expect(told.map((line) => line.split(': ')[1])).toEqual(['quotas.default.sessions', 'quotas.default.classes.no']);
  });
});
