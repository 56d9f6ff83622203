import type { InstanceId } from '../../domain/ids.ts';
import type { Instance } from '../../domain/instance.ts';
import type { Micros } from '../../domain/resources.ts';
import type { Count, Refusal, Store } from '../../ports/store.ts';
import type { Transition } from '../hooks.ts';
import type { Term } from '../lead/leader.ts';
import type { Nothing } from '../market/nothing.ts';
import type { Mirror } from '../records/mirror.ts';
import { COUNTER } from '../records/records.ts';

/** The most that may exist at a provider at once. */
export type Caps = {
  readonly instances: (provider: string) => number;
  /** Price per hour of all of them. */
  readonly microsPerHour: (provider: string) => Micros;
};

/** What a change of an instance adds to what counts against the caps: from the commit that intends it to the one that
 *  knows it gone. */
export function capCounts(change: Transition, caps: Caps): readonly Count[] {
  if (change.kind !== 'instance') return NONE;
  const { before, after } = change;
  const instances = COUNTER.instances(after.provider);
  const spending = COUNTER.spending(after.provider);
  if (before === undefined)
    return priced(
      { counter: instances, add: 1, max: caps.instances(after.provider) },
      { counter: spending, add: after.microsPerHour, max: caps.microsPerHour(after.provider) },
    );
  if (after.phase === 'gone')
    return priced({ counter: instances, add: -1 }, { counter: spending, add: -before.microsPerHour });
  const dearer = after.microsPerHour - before.microsPerHour;
  return dearer === 0 ? NONE : [{ counter: spending, add: dearer }];
}

const NONE: readonly Count[] = [];
/** What costs nothing passes no cap in money, and is no further counter in the commit. */
const priced = (instances: Count, spending: Count): readonly Count[] =>
  spending.add === 0 ? [instances] : [instances, spending];

type Limit = Extract<Refusal, { readonly kind: 'limit' }>;

/** Why nothing more is made, in words for people. `hopeless`: it alone is above the cap, whatever else is given back. */
export function refusedByCap(
  why: Limit,
  i: Pick<Instance, 'provider' | 'microsPerHour'>,
): Nothing & { readonly hopeless: boolean } {
  const refused = { cap: 1 };
  if (why.counter === COUNTER.instances(i.provider))
    return { why: `all ${why.max} instances allowed on ${i.provider} are in use`, refused, hopeless: false };
  const allowed = `${dollars(why.max)} per hour allowed on ${i.provider}`;
  if (i.microsPerHour > why.max)
    return { why: `it costs ${dollars(i.microsPerHour)} per hour, more than the ${allowed}`, refused, hopeless: true };
  const passed = dollars(why.value + i.microsPerHour - why.max);
  const told = `the ${allowed} would be passed by ${passed} (${dollars(why.value)} are in use)`;
  return { why: told, refused, hopeless: false };
}

/** To the cent, and finer where less than that would be nothing. */
export const dollars = (micros: Micros): string =>
  `$${(micros / 1e6).toFixed(micros % 10_000 === 0 || micros >= 1e6 ? 2 : 4)}`;

/**
 * Makes the counters what the records add up to. Only a leader's commits change them, so at the beginning of a term
 * nobody else does: a store that was used before there was a counter, or that lost some, is right from then on.
 */
export async function correctCaps(
  { store, mirror }: { readonly store: Store; readonly mirror: Mirror },
  providers: Iterable<string>,
  term: Pick<Term, 'fence'>,
): Promise<void> {
  const sums = new Map<string, number>();
  for (const name of providers) for (const counter of [COUNTER.instances, COUNTER.spending]) sums.set(counter(name), 0);
  for (const i of mirror.all('instance')) {
    add(sums, COUNTER.instances(i.provider), 1);
    add(sums, COUNTER.spending(i.provider), i.microsPerHour);
  }
  const names = [...sums.keys()];
  const values = await store.counters(names);
  const count = names.flatMap((counter, n) => {
    const off = (sums.get(counter) ?? 0) - (values[n] ?? 0);
    return off === 0 ? [] : [{ counter, add: off }];
  });
  if (count.length > 0) await store.commit({ count, expect: [term.fence] });
}

const add = (sums: Map<string, number>, name: string, n: number): void =>
  void sums.set(name, (sums.get(name) ?? 0) + n);

/** What another broker intended and the caps of this one do not allow any more: the youngest. Whatever may cost money
 *  already stays. */
export function beyondCaps(all: Iterable<Instance>, caps: Caps): ReadonlySet<InstanceId> {
  const byProvider = Map.groupBy(all, (i) => i.provider);
  const beyond = new Set<InstanceId>();
  for (const [provider, instances] of byProvider) {
    let count = instances.length;
    let micros = microsPerHourOf(instances, () => true);
    const intended = instances.filter((i) => i.phase === 'intended').sort((a, b) => (a.id < b.id ? 1 : -1));
    for (const i of intended) {
      const isDear = i.microsPerHour > 0 && micros > caps.microsPerHour(provider);
      if (count <= caps.instances(provider) && !isDear) continue;
      beyond.add(i.id);
      count -= 1;
      micros -= i.microsPerHour;
    }
  }
  return beyond;
}

/** What is paid per hour for the instances that `which` takes. */
export function microsPerHourOf(all: Iterable<Instance>, which: (i: Instance) => boolean): Micros {
  let sum = 0;
  for (const i of all) if (which(i)) sum += i.microsPerHour;
  return sum;
}
