import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClient } from '../../clients/typescript/src/client.ts';
import type { Session } from '../../clients/typescript/src/types.ts';
import { frame, type Seen, type View } from '../../src/cli/top-frame.ts';
import { width } from '../../src/cli/width.ts';
import { eventually } from '../support/eventually.ts';
import { activeFields, type FakeBroker, startFakeBroker } from '../support/fake-broker.ts';
import { runCli } from '../support/run-cli.ts';
import { ago, cells } from '../support/tables.ts';
import { openTerminal } from '../support/terminal.ts';

let broker: FakeBroker;
beforeEach(async () => {
  broker = await startFakeBroker();
  broker.reserves.set('echo', { class: 'echo', target: 3, configuredTarget: 3, ready: 1, starting: 2 });
  const failing = { failures: 4, backingOff: true, lastFailure: 'no offer' };
  broker.reserves.set('gpu', { class: 'gpu', target: 1, configuredTarget: 1, ...failing });
  broker.status = {
    queues: [{ class: 'gpu', waiting: 3, oldestTime: ago(125_000), waitingFor: 'no free slot' }],
    loops: [{ name: 'reserve', failures: 3, lastError: 'timeout' }],
  };
  broker.instances = [
    { instance: { id: 'i-1', pricePerHour: 0.36 }, phase: 'bound' },
    { instance: { id: 'i-2', pricePerHour: 0.5 }, phase: 'ready' },
    { instance: { id: 'i-3', pricePerHour: 9 }, phase: 'intended' },
  ];
});
afterEach(() => broker.close());

const env = () => ({ BERTH_ADDRESS: broker.address });

function addSessions(): void {
  const active = activeFields(Date.now());
  broker.add({ ...active, name: 'dear', class: 'gpu', cost: 5, createTime: ago(60_000), lastUsedTime: ago(5_000) });
  broker.add({ ...active, name: 'old', class: 'echo', cost: 1, createTime: ago(7_200_000), lastUsedTime: ago(30_000) });
  broker.add({
    ...active,
    name: 'unused',
    class: 'echo',
    cost: 0,
    createTime: ago(600_000),
    lastUsedTime: ago(590_000),
  });
}

/** The sessions of the last picture, in order. */
const order = (screen: string): readonly string[] =>
  (screen.split('\u001b[?2026h').at(-1) ?? '').match(/^(dear|old|unused)\b/gm) ?? [];

describe('berth top --once', () => {
  it('shows in one picture the broker, its reserves, queues and sessions, and what is wrong', async () => {
    addSessions();
    const { code, stdout, stderr } = await runCli(['top', '--once'], env());
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`berth 0.1.0 at ${broker.address}, up 1h, store sqlite, leader replica-a`);
    expect(stdout).toContain('$0.86 per hour, $6.00 so far');
    expect(stdout).toContain('loop reserve failed 3 times in a row: timeout');
    const rows = cells(stdout);
    expect(rows).toContainEqual(['gpu', '1', '0', '0', 'backing off after 4 failures: no offer']);
    expect(rows).toContainEqual(['echo', '3', '1', '2', 'filling']);
    expect(rows).toContainEqual(['gpu', '3', '2m', 'no free slot']);
    expect(order(stdout)).toEqual(['old', 'unused', 'dear']);
    expect(order((await runCli(['top', '--once', '--sort', 'cost'], env())).stdout)).toEqual(['dear', 'old', 'unused']);
    expect(order((await runCli(['top', '--once', '--sort', 'idle'], env())).stdout)).toEqual(['unused', 'old', 'dear']);
  });

  it('is JSON when asked to be, and needs no terminal where the live one does', async () => {
    addSessions();
    const seen = JSON.parse((await runCli(['top', '--once', '--json'], env())).stdout) as Seen;
    expect([seen.status.store, seen.sessions.length, seen.instances.length]).toEqual(['sqlite', 3, 3]);
    expect(await runCli(['top'], env())).toMatchObject({
      code: 2,
      stderr: 'berth: top: needs a terminal; --once prints one picture\n',
    });
  });
});

describe('The picture', () => {
  async function seenWith(sessions: number): Promise<Seen> {
    using client = createClient({ address: broker.address });
    broker.add({ ...activeFields(Date.now()), owner: 'zoë 東京', name: 'n' });
    const [one] = (await client.list()).sessions;
    const many = Array.from({ length: sessions }, (_, n) => ({ ...one, id: `s-${n}`, name: `n-${n}` }) as Session);
    return { status: await client.status(), sessions: many, instances: [] };
  }

  const VIEW: View = {
    ...{ address: '127.0.0.1:7700', now: Date.now(), color: false, columns: 100, rows: 30 },
    ...{ sort: 'age', reversed: false, away: null, keys: true },
  };

  it('fits every size of terminal, and counts what does not fit', async () => {
    const seen = await seenWith(150);
    for (const [columns, rows] of [
      [40, 8],
      [80, 12],
      [80, 24],
      [200, 60],
    ] as const) {
      for (const color of [false, true]) {
        const lines = frame(seen, { ...VIEW, columns, rows, color });
        expect(lines.length).toBeLessThanOrEqual(rows);
        for (const line of lines) expect(width(line)).toBeLessThanOrEqual(columns);
      }
      const lines = frame(seen, { ...VIEW, columns, rows });
      const shown = lines.filter((line) => /^n-\d/.test(line)).length;
      expect(lines).toContain(`… ${150 - shown} more`);
    }
    expect(frame(seen, { ...VIEW, rows: Number.POSITIVE_INFINITY }).filter((line) => /^n-\d/.test(line))).toHaveLength(
      150,
    );
  });

  it('is drawn in less than a frame with 10,000 sessions', async () => {
    const seen = await seenWith(10_000);
    const start = performance.now();
    for (let n = 0; n < 5; n += 1) frame(seen, { ...VIEW, sort: 'idle' });
    expect((performance.now() - start) / 5).toBeLessThan(250);
  });

  it('says in red since when there is no answer, and why', async () => {
    const away = { since: VIEW.now - 12_400, why: 'connection refused' };
    const [, line] = frame(await seenWith(1), { ...VIEW, away, color: true });
    expect(line).toBe('\u001b[31mno answer since 12 s (connection refused); trying on\u001b[39m');
  });
});

describe('berth top on a terminal', () => {
  it('takes the screen for itself, sorts by key, and gives the screen back on q', async () => {
    addSessions();
    const top = openTerminal({ columns: 100, rows: 30 }, env(), 'top', '--interval', '200ms');
    await eventually('the first picture', () => order(top.screen()).length === 3);
    expect(order(top.screen())).toEqual(['old', 'unused', 'dear']);
    top.type('c');
    await eventually('sorted by cost', () => order(top.screen())[0] === 'dear');
    top.type('c');
    await eventually('the other way', () => order(top.screen())[0] === 'unused');
    top.type('q');
    expect(await top.done).toBe(0);
    const screen = top.screen();
    expect(screen.startsWith('\u001b[?1049h\u001b[?25l')).toBe(true);
    expect(screen.endsWith('\u001b[?25h\u001b[?1049l')).toBe(true);
    expect(screen.split('\u001b[?1049l')).toHaveLength(2);
  });

  it('gives the screen back on Ctrl-C too', async () => {
    const top = openTerminal({ columns: 100, rows: 30 }, env(), 'top');
    await eventually('the first picture', () => top.screen().includes('no sessions'));
    top.type('\u0003');
    expect(await top.done).toBe(130);
    expect(top.screen().endsWith('\u001b[?25h\u001b[?1049l')).toBe(true);
  });

  it('goes on over a broker that is away for a while, saying so', async () => {
    addSessions();
    const top = openTerminal({ columns: 100, rows: 30 }, env(), 'top', '--interval', '200ms');
    await eventually('the first picture', () => order(top.screen()).length === 3);
    const last = () => top.screen().split('\u001b[?2026h').at(-1) ?? '';
    await broker.close();
    await eventually('a word about it', () => /no answer since \d+ s \(connection refused\)/.test(last()));
    expect(order(top.screen())).toHaveLength(3);
    await broker.restart();
    broker.add({ ...activeFields(Date.now()), name: 'dear' });
    await eventually('new answers', () => !last().includes('no answer') && order(top.screen()).length === 4, 15_000);
    top.type('q');
    expect(await top.done).toBe(0);
  });
});
