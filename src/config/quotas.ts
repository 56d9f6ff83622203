import { describeInput, explain, type Problem } from './explain.ts';
import { didYouMean } from './nearest.ts';
import { isFrom, isPlain, merge, type Plain, refusedMap } from './plain.ts';
import { QuotaSchema, type WrittenQuota } from './quota-schema.ts';

const DESCRIBED = describeInput(QuotaSchema);
const PARTS = ['default', 'tenants'];
/** As the contract has it for tokens. */
const TENANT = /^[a-z0-9-]{1,63}$/;

/** Assignable to `Quotas` of the domain, which a test asserts. */
export type ParsedQuotas = {
  /** Of tenants that are not named. */
  readonly default: ReturnType<typeof toQuota>;
  readonly tenants: ReadonlyMap<string, ReturnType<typeof toQuota>>;
};

type Read = { readonly quotas: ParsedQuotas; readonly problems: readonly Problem[] };

/** What a file without `quotas:` says: nobody is limited. */
export const NO_QUOTAS: ParsedQuotas = { default: toQuota(QuotaSchema.parse({})), tenants: new Map() };

/** The `quotas:` of a class file. @param classes as named in the same file */
export function readQuotas(written: unknown, classes: readonly string[]): Read {
  const path = ['quotas'];
  if (!isPlain(written)) return { quotas: NO_QUOTAS, problems: [refusedMap(path, written)] };
  const { default: shared = {}, tenants = {}, ...others } = written;
  const problems: Problem[] = Object.keys(others).map((key) => ({
    path: [...path, key],
    atKey: true,
    text: `unknown option${didYouMean(key, PARTS) || `; accepted: ${PARTS.join(', ')}`}`,
  }));
  if (!isPlain(shared)) problems.push(refusedMap([...path, 'default'], shared));
  if (!isPlain(tenants)) problems.push(refusedMap([...path, 'tenants'], tenants));
  if (!isPlain(shared) || !isPlain(tenants)) return { quotas: NO_QUOTAS, problems };

  const quotaOf = (at: readonly string[], below: Plain, own: unknown) => {
    const read = readQuota(below, own, classes);
    problems.push(...read.problems.map((p) => ({ ...p, path: [...at, ...p.path] })));
    return read.quota;
  };
  const quotas = {
    default: quotaOf([...path, 'default'], {}, shared),
    tenants: new Map(
      Object.entries(tenants).map(([name, own]) => {
        problems.push(...tenantProblems(name));
        return [name, quotaOf([...path, 'tenants', name], shared, own)] as const;
      }),
    ),
  };
  return { quotas, problems };
}

const tenantProblems = (name: string): Problem[] =>
  TENANT.test(name)
    ? []
    : [
        {
          path: ['quotas', 'tenants', name],
          atKey: true,
          text: 'is no name for a tenant; accepted: 1 to 63 lower-case letters, digits and "-"',
        },
      ];

function readQuota(shared: Plain, own: unknown, classes: readonly string[]) {
  if (!isPlain(own)) return { quota: NO_QUOTAS.default, problems: [refusedMap([], own)] };
  const merged = merge(shared, own);
  const parsed = QuotaSchema.safeParse(merged);
  const problems: Problem[] = parsed.success ? [] : explain(parsed.error.issues, merged, DESCRIBED);
  const named = isPlain(merged.classes) ? Object.keys(merged.classes) : [];
  for (const name of named.filter((n) => !classes.includes(n)))
    problems.push({
      path: ['classes', name],
      atKey: true,
      text: `is no class of this file; accepted: ${classes.join(', ')}${didYouMean(name, classes)}`,
    });
  return {
    quota: parsed.success ? toQuota(parsed.data) : NO_QUOTAS.default,
    problems: problems.filter((p) => !isFrom(shared, own, p.path)),
  };
}

function toQuota(q: WrittenQuota) {
  const perMinute = q.acquires_per_minute;
  return {
    sessions: q.sessions,
    gpus: q.gpus,
    rate: perMinute === null ? null : { perMinute, burst: q.burst ?? perMinute },
    classes: new Map(Object.entries(q.classes)),
  };
}
