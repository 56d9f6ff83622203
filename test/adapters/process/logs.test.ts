import { appendFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cutLog, endPlace, firstPlace, lastLine, logFileOf } from '../../../src/adapters/process/log-file.ts';
import { readLog } from '../../../src/adapters/process/log-reader.ts';
import { placesOf } from '../../../src/adapters/process/record.ts';
import { newTag, orderOf, textOf } from '../../contract/compute-provider.contract.ts';
import { eventually } from '../../support/eventually.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { never, processWorld, resources, sh } from './world.ts';

describe('the log of an instance', () => {
  let dir: string;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'berth-log-'));
  });

  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  function logOf() {
    const places = { ...placesOf(dir, newTag()), log: join(dir, 'log'), olderLog: join(dir, 'log.1') };
    return logFileOf(places);
  }

  const over = { clock: fakeClock(), ended: () => true };

  it('keeps about its bound, and the newest of it', async () => {
    const log = logOf();
    let n = 0;
    for (let round = 0; round < 50; round++) {
      for (let i = 0; i < 100; i++) appendFileSync(log.places.log, `line ${n++}\n`);
      cutLog(log, 4096);
      expect(endPlace(log) - firstPlace(log)).toBeLessThanOrEqual(4096 + 1200);
    }
    const text = await textOf(readLog(log, { follow: false, tailLines: null }, over, never));
    expect(text.endsWith(`line ${n - 1}\n`)).toBe(true);
    const whole = text.split('\n').slice(1, -1);
    expect(whole).toEqual(whole.map((_, i) => `line ${n - whole.length + i}`));
  });

  it('is followed over cuts without losing or repeating a line', async () => {
    const log = logOf();
    const clock = fakeClock();
    let ended = false;
    const following = textOf(readLog(log, { follow: true, tailLines: null }, { clock, ended: () => ended }, never));
    let all = '';
    for (let n = 0; n < 400; n++) {
      appendFileSync(log.places.log, `line ${n}\n`);
      all += `line ${n}\n`;
      if (n % 7 === 0) await clock.advance(100);
      if (n % 11 === 0) cutLog(log, 512);
    }
    ended = true;
    await clock.advance(100);
    expect(await following).toBe(all);
  });

  it.each([
    [1, 'tail\n'],
    [2, 'long\ntail\n'],
  ])('finds its last %i lines over the cut and over pieces', async (lines, end) => {
    const log = logOf();
    appendFileSync(log.places.log, `${'x'.repeat(200_000)}\nlong\n`);
    cutLog(log, 300_000);
    appendFileSync(log.places.log, 'tail\n');
    expect(await textOf(readLog(log, { follow: false, tailLines: lines }, over, never))).toBe(end);
    const three = await textOf(readLog(log, { follow: false, tailLines: 3 }, over, never));
    expect(three).toBe(`${'x'.repeat(149_995 - 1)}\nlong\ntail\n`);
  });

  it('has a last line without colours, control characters, or more than 200 characters', () => {
    const log = logOf();
    appendFileSync(log.places.log, `first\n\u001b[31m${'ü'.repeat(300)}\u0007\u001b[0m\r\n\n   \n`);
    expect(lastLine(log)).toBe('ü'.repeat(200));
  });

  it('of a program that writes 100 MB stays near its bound on disk', async () => {
    const maxLogBytes = 2 ** 20;
    const world = processWorld({ maxLogBytes });
    const offer = { id: 'local', granted: resources(), microsPerHour: 0, machine: '', host: '', region: '' };
    try {
      const order = orderOf(offer, sh('head -c 100000000 /dev/zero | tr "\\0" x; echo; echo done; exec sleep 600'));
      const { ref } = await world.provider.create(order, never);
      const { log, olderLog } = placesOf(world.dir, order.tag);
      await eventually('the log to be cut', () => {
        const size = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? Number.NaN;
        return size(olderLog) + size(log) <= maxLogBytes + 64 * 1024;
      });
      const query = { follow: false, tailLines: 1 };
      await eventually(
        'its last line',
        async () => (await textOf(world.provider.logs(ref, query, never))) === 'done\n',
      );
    } finally {
      await world.clear();
      await world.close();
    }
  });
});
