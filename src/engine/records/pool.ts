import { asMember, type Member } from '../../domain/bind.ts';
import type { InstanceId } from '../../domain/ids.ts';
import type { Instance } from '../../domain/instance.ts';
import type { Proxy } from '../../domain/proxy.ts';

/** Of one class: an array to pick from at random and each member's place in it. */
type ClassPool = { readonly members: Member[]; readonly places: Map<InstanceId, number>; arrivals: number };

/** Free members for each candidate that a claim may hold. */
const FREE_PER_CANDIDATE = 8;

/** The reserve members of each class that are ready to be handed out. */
export type Pool = ReturnType<typeof createPool>;

export function createPool() {
  const classes = new Map<string, ClassPool>();
  /** Members that a claim of this replica is being committed for: two calls here never collide on one. */
  const held = new Set<InstanceId>();

  function poolOf(className: string): ClassPool {
    const known = classes.get(className);
    if (known !== undefined) return known;
    const made: ClassPool = { members: [], places: new Map(), arrivals: 0 };
    classes.set(className, made);
    return made;
  }

  function remove(pool: ClassPool, id: InstanceId): void {
    const place = pool.places.get(id);
    const last = pool.members.pop();
    if (place === undefined || last === undefined) return;
    pool.places.delete(id);
    if (last.instance.id === id) return;
    pool.members[place] = last;
    pool.places.set(last.instance.id, place);
  }

  return {
    /** Called with both records whenever one of them changed. */
    update(id: InstanceId, className: string, instance: Instance | undefined, proxy: Proxy | undefined): void {
      const pool = poolOf(className);
      const member = instance?.for === null && !instance.personal ? asMember(instance, proxy) : null;
      const place = pool.places.get(id);
      if (member === null) {
        if (place !== undefined) remove(pool, id);
        return;
      }
      if (place !== undefined) pool.members[place] = member;
      else {
        pool.places.set(id, pool.members.push(member) - 1);
        pool.arrivals += 1;
      }
    },
    /** Up to `most` members that suit, from a random place on so that replicas do not collide, held until `letGo`.
     *  Where few are free only one of them: the calls beside this one are to have theirs. */
    hold(className: string, suits: (m: Member) => boolean, most: number, pick: (below: number) => number): Member[] {
      const { members } = poolOf(className);
      const n = Math.min(most, Math.max(1, Math.floor((members.length - held.size) / FREE_PER_CANDIDATE)));
      const found: Member[] = [];
      const start = members.length > 0 ? pick(members.length) : 0;
      for (let i = 0; i < members.length && found.length < n; i++) {
        const member = members[(start + i) % members.length];
        if (member === undefined || held.has(member.instance.id) || !suits(member)) continue;
        held.add(member.instance.id);
        found.push(member);
      }
      return found;
    },
    /** How many would suit. */
    count: (className: string, suits: (m: Member) => boolean): number =>
      classes.get(className)?.members.filter(suits).length ?? 0,
    letGo(members: readonly Member[]): void {
      for (const m of members) held.delete(m.instance.id);
    },
    /** How many members there have ever been: whoever was refused one may have this one. */
    arrivals: (className: string): number => classes.get(className)?.arrivals ?? 0,
    size: (className: string): number => classes.get(className)?.members.length ?? 0,
  };
}
