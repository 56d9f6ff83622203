import {
  type Lesson,
  learn,
  learnOfBan,
  lessonOf,
  machineOf,
  newHost,
  newMachine,
} from '../../domain/host-registry.ts';
import type { Instance } from '../../domain/instance.ts';
import { isGuarded } from '../../domain/reserve.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { EngineContext } from '../context.ts';
import type { HistoryKeeper } from '../reconcile/history.ts';
import { NO_WRITES, type RegistryChange, type RegistryWrites, registryWrites } from './registry-writes.ts';

/** Remembers how instances fare on machines, and bans those that waste time. */
export type Registry = ReturnType<typeof createRegistry>;

export function createRegistry(
  ctx: Pick<EngineContext, 'mirror' | 'clock' | 'bans' | 'hooks'>,
  history: Pick<HistoryKeeper, 'of' | 'started'>,
) {
  const { mirror } = ctx;

  function judge(
    lesson: Lesson,
    on: { readonly machine: string; readonly host: string },
    before: Instance,
    after: Instance,
  ): RegistryWrites {
    const at = ctx.clock.now();
    const { provider } = after;
    // At once, not with the commit: of many starts that fail in the same moment the last must know of the first.
    if (before.phase === 'booting')
      history.started(after.class, { machine: on.machine, slow: lesson !== 'came-up', at });
    const known = mirror.machine(provider, on.machine);
    const machine = learn(
      { ...(known ?? newMachine(provider, on.machine, on.host)), host: on.host },
      {
        lesson,
        startMs: Math.max(0, at - (rentedAt(before) ?? at)),
        seen: `${after.id} of class ${after.class}: ${detailOf(after)}`,
        at,
        isGuarded: isGuarded(history.of(after.class)),
      },
      ctx.bans,
    );
    const changes: RegistryChange[] = [{ kind: 'machine', before: known, after: machine }];
    const isNew = machine.ban !== null && machine.ban !== known?.ban;
    if (isNew && on.host !== '') {
      const owner = mirror.host(provider, on.host);
      const host = learnOfBan(owner ?? newHost(provider, on.host), on.machine, at, ctx.bans);
      changes.push({ kind: 'host', before: owner, after: host });
    }
    return registryWrites(ctx, changes, 'instances', after.class, at);
  }

  return {
    /** What the change of an instance teaches of its machine. It goes into the commit of that change, so that no machine
     *  is banned for what was not written down, and none is forgotten. */
    learn(before: Instance | undefined, after: Instance): RegistryWrites {
      const lesson = lessonOf(before, after);
      const on = before === undefined ? null : machineOf(before);
      return lesson === null || on === null || before === undefined ? NO_WRITES : judge(lesson, on, before, after);
    },
  };
}

const rentedAt = (i: Instance): EpochMs | null => ('rentedAt' in i ? i.rentedAt : null);

/** In words for people. */
function detailOf(i: Instance): string {
  if ('detail' in i && i.detail !== '') return i.detail;
  return 'cause' in i && i.cause !== undefined ? i.cause : 'its provider restarted it';
}
