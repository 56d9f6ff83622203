import { describe, expect, it, onTestFinished } from 'vitest';
import { BrokerError } from '../../src/domain/errors.ts';
import type { Session } from '../../src/domain/session.ts';
import { viewOf } from '../../src/engine/calls/view.ts';
import { createMirror } from '../../src/engine/records/mirror.ts';
import { createBoard, MAX_ROWS } from '../../src/http/console/board.ts';
import type { InstanceRow, SessionRow } from '../../src/http/console/rows.ts';
import { createFakeEngine } from '../grpc/fake-engine.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { anInstance, aSession, instanceId, sessionId } from '../support/fixtures.ts';

type Frame = {
  readonly version: number;
  readonly full: boolean;
  readonly head: { readonly error: string; readonly leftOut: number } | null;
  readonly sessions: readonly SessionRow[];
  readonly instances: readonly InstanceRow[];
  readonly gone: readonly string[];
};

function startBoard() {
  const clock = fakeClock();
  const mirror = createMirror();
  const engine = createFakeEngine();
  const errors: unknown[] = [];
  let status = engine.admin.status;
  const caller = { tenant: 'default', role: 'admin', name: 'console' } as const;
  const put = (s: Session) => mirror.apply('session', s.id, mirror.revision('session', s.id) + 1, s);
  const board = createBoard({
    admin: { status: (c) => status(c) },
    caller,
    mirror,
    view: (s) => viewOf({ clock, mirror }, s),
    clock,
    onError: (err) => errors.push(err),
  });
  onTestFinished(board.stop);
  const frame = (from: number): Frame | null => {
    const bytes = board.frame(from);
    return bytes === null ? null : (JSON.parse(String(bytes).replace(/^event: state\ndata: /, '')) as Frame);
  };
  return {
    clock,
    mirror,
    board,
    put,
    frame,
    errors,
    failWith(err: unknown): void {
      status = () => Promise.reject(err);
    },
  };
}

describe('The board of the console', () => {
  it('tells a new page everything, and then only what changed', async () => {
    const { board, put, frame, mirror } = startBoard();
    put(aSession('active', { id: sessionId(1) }));
    put(aSession('queued', { id: sessionId(2) }));
    mirror.apply('instance', instanceId(1), 1, anInstance('ready', { id: instanceId(1) }));
    await board.refresh();
    expect(frame(0)).toMatchObject({ full: true, version: 1, head: { error: '' } });
    expect(frame(0)?.sessions.map((s) => [s.id, s.phase])).toEqual([
      [sessionId(1), 'active'],
      [sessionId(2), 'queued'],
    ]);
    expect(frame(0)?.instances.map((i) => [i.id, i.phase])).toEqual([[instanceId(1), 'ready']]);
    expect(frame(1)).toBeNull();

    put(aSession('active', { id: sessionId(2) }));
    mirror.apply('session', sessionId(1), 99, undefined);
    await board.refresh();
    expect(frame(1)).toMatchObject({ full: false, version: 2, instances: [], gone: [sessionId(1)] });
    expect(frame(1)?.sessions.map((s) => s.id)).toEqual([sessionId(2)]);
  });

  it('says nothing while nothing changes, whatever time it is', async () => {
    const { board, put, clock } = startBoard();
    put(aSession('active'));
    await board.refresh();
    const version = board.version();
    for (let n = 0; n < 20; n++) {
      await clock.advance(1_000);
      await board.refresh();
    }
    expect(board.version()).toBe(version);
  });

  it('catches a slow page up in one frame, with only the last state of each row', async () => {
    const { board, put, frame } = startBoard();
    put(aSession('queued', { id: sessionId(1) }));
    await board.refresh();
    put(aSession('starting', { id: sessionId(1) }));
    await board.refresh();
    put(aSession('active', { id: sessionId(1) }));
    await board.refresh();
    expect(frame(1)?.sessions.map((s) => s.phase)).toEqual(['active']);
  });

  it('makes a frame once for all pages that are equally far', async () => {
    const { board, put } = startBoard();
    put(aSession('active'));
    await board.refresh();
    expect(board.frame(0)).toBe(board.frame(0));
  });

  it('starts a page anew that missed more ends than are remembered', async () => {
    const { board, put, frame, mirror } = startBoard();
    put(aSession('active', { id: sessionId(0) }));
    await board.refresh();
    for (let n = 1; n <= 6_000; n++) put(aSession('active', { id: sessionId(n) }));
    await board.refresh();
    for (let n = 1; n <= 3_000; n++) mirror.apply('session', sessionId(n), 99, undefined);
    await board.refresh();
    expect(frame(2)).toMatchObject({ full: false });
    for (let n = 3_001; n <= 6_000; n++) mirror.apply('session', sessionId(n), 99, undefined);
    await board.refresh();
    expect(frame(2)).toMatchObject({ full: true, gone: [] });
    expect(frame(2)?.sessions.map((s) => s.id)).toEqual([sessionId(0)]);
    expect(frame(3)).toMatchObject({ full: false });
    expect(frame(3)?.gone).toHaveLength(3_000);
  });

  it('shows a bounded number of sessions, counts the others, and shows them when there is room', async () => {
    const { board, put, frame, mirror } = startBoard();
    for (let n = 0; n < MAX_ROWS + 2; n++) put(aSession('active', { id: sessionId(n) }));
    await board.refresh();
    expect([frame(0)?.sessions.length, frame(0)?.head?.leftOut]).toEqual([MAX_ROWS, 2]);
    mirror.apply('session', sessionId(5), 99, undefined);
    await board.refresh();
    expect(frame(1)?.gone).toEqual([sessionId(5)]);
    expect(frame(1)?.sessions.map((s) => s.id)).toEqual([sessionId(MAX_ROWS)]);
    expect(frame(1)?.head?.leftOut).toBe(1);
  });

  it('goes on with sessions when the store is away, and says so', async () => {
    const { board, put, frame, failWith, errors } = startBoard();
    put(aSession('active'));
    failWith(new BrokerError('unavailable', 'the store is away'));
    await board.refresh();
    expect(frame(0)).toMatchObject({ head: { error: 'the store is away' }, sessions: [{ phase: 'active' }] });
    expect(errors).toEqual([]);
    failWith(new Error('secret path'));
    await board.refresh();
    expect(frame(1)).toMatchObject({ head: { error: 'internal error' } });
    expect(errors.map(String)).toEqual(['Error: secret path']);
  });

  it('tells each place in the queue again when those before have left', async () => {
    const { board, put, frame, mirror, clock } = startBoard();
    for (const n of [1, 2]) put(aSession('queued', { id: sessionId(n), createdAt: n }));
    await board.refresh();
    expect(frame(0)?.sessions.map((s) => s.position)).toEqual([1, 2]);
    mirror.apply('session', sessionId(1), 99, undefined);
    await clock.advance(5_000);
    await board.refresh();
    expect(frame(1)?.sessions.map((s) => [s.id, s.position])).toEqual([[sessionId(2), 1]]);
  });
});
