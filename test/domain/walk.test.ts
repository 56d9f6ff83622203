import { describe, expect, it } from 'vitest';
import { sameAddresses } from '../../src/domain/endpoint.ts';
import { INSTANCE_NEXT } from '../../src/domain/instance.ts';
import { PROXY_NEXT } from '../../src/domain/proxy.ts';
import { SESSION_NEXT } from '../../src/domain/session.ts';
import { createModel } from './walk-model.ts';

const WALKS = 200;
const STEPS = 300;
type Model = ReturnType<typeof createModel>;

/** What must hold after every step. */
function check(model: Model): void {
  checkSessions(model);
  checkInstances(model);
  checkMachines(model);
}

function checkSessions({ sessions, instances }: Model): void {
  const holders = new Map<string, string>();
  for (const s of sessions.values()) {
    if (s.phase !== 'active') continue;
    const taken = holders.get(s.instance.id);
    if (taken !== undefined) throw new Error(`${s.instance.id} is both ${taken}'s and ${s.id}'s`);
    holders.set(s.instance.id, s.id);
    const i = instances.get(s.instance.id);
    if (i?.phase === 'bound' && i.session !== s.id) throw new Error(`${s.id} is served by another's ${i.id}`);
    if (i?.phase === 'bound' && !sameAddresses(s.endpoint.ports, i.addresses))
      throw new Error(`${s.id} was not told where its ${i.id} is`);
    if (i?.phase === 'ready' || i?.phase === 'booting') throw new Error(`${s.id} is active on a ${i.phase} ${i.id}`);
  }
}

function checkInstances({ sessions, instances, proxies }: Model): void {
  for (const i of instances.values()) {
    if (i.phase !== 'bound') continue;
    const s = sessions.get(i.session);
    if (s === undefined || s.phase === 'released') throw new Error(`${i.id} is bound to a session that is over`);
    if (proxies.get(i.proxy)?.session !== s.id) throw new Error(`the proxy of ${i.id} is not ${s.id}'s`);
  }
}

function checkMachines({ instances, machines }: Model): void {
  for (const tag of machines.keys()) {
    const phase = instances.get(tag)?.phase;
    if (phase === undefined || phase === 'gone' || phase === 'intended')
      throw new Error(`a machine runs for ${tag}, which is ${phase ?? 'unknown'}`);
  }
}

describe('any walk through the three lives', () => {
  const walked = new Set<string>();

  it('binds no instance twice, forgets no machine and keeps to its reserve, and ends with nothing left', () => {
    for (let seed = 1; seed <= WALKS; seed++) {
      const model = createModel(seed);
      for (let n = 0; n < STEPS; n++) {
        model.step();
        check(model);
      }
      model.drain(12);
      check(model);
      const left = [
        ...[...model.sessions.values()].filter((s) => s.phase !== 'released'),
        ...[...model.instances.values()].filter((i) => i.phase !== 'gone'),
        ...[...model.proxies.values()].filter((p) => p.phase !== 'gone'),
        ...model.machines.keys(),
      ];
      expect({ seed, left }).toEqual({ seed, left: [] });
      for (const move of model.moves) walked.add(move);
    }
  });

  it('makes every move that the tables allow, but for those of a phase that nothing enters yet', () => {
    const tables: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
      session: SESSION_NEXT,
      instance: INSTANCE_NEXT,
      proxy: PROXY_NEXT,
    };
    const legal = Object.entries(tables).flatMap(([kind, table]) =>
      Object.entries(table).flatMap(([from, to]) => to.map((phase) => `${kind}:${from}>${phase}`)),
    );
    expect([...walked].sort()).toEqual(legal.filter((move) => !move.includes('activating')).sort());
  });
});
