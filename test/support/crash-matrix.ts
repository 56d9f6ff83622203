import { afterAll, describe, expect, it } from 'vitest';
import type { HomeOptions } from './chaos-home.ts';
import { runCrashCase } from './crash-run.ts';
import { SCENARIOS } from './crash-scenarios.ts';

/** No scenario has so many mutating calls: a loop that does not end has a broker that does not get on. */
const MOST_CALLS = 100;

/**
 * Every scenario, dying before and after each of its mutating calls, until one run is over before its call comes.
 * @param every 2: before the odd calls and after the even ones. What is left out differs only in what the dead broker had
 *   in memory: to the store, the end after one call is the end before the next.
 */
export function crashMatrix(store: string, on: () => HomeOptions, every: 1 | 2 = 1): void {
  const cases: string[] = [];
  describe.concurrent(`A broker on ${store} that is killed`, () => {
    for (const scenario of SCENARIOS)
      for (const when of ['before', 'after'] as const)
        it(`${when} any mutating call of ${scenario.name} is taken over without a trace`, async () => {
          const first = when === 'after' ? every : 1;
          let call: number = first;
          while ((await runCrashCase(scenario, { when, call }, on())) === 'died') {
            call += every;
            expect(call).toBeLessThan(MOST_CALLS);
          }
          // The first call dies in every scenario, or nothing was tried.
          expect(call).toBeGreaterThan(first);
          cases.push(`${scenario.name}, ${when}: ${(call - first) / every}`);
        });
    afterAll(() => {
      const total = cases.reduce((sum, one) => sum + Number(one.split(': ')[1]), 0);
      console.log(`crash matrix on ${store}: ${total} deaths (${cases.sort().join('; ')})`);
    });
  });
}
