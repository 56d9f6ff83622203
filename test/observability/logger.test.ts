import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { instanceFields, proxyFields, sessionFields } from '../../src/observability/fields.ts';
import { loggedError } from '../../src/observability/logger.ts';

const WRITER = join(import.meta.dirname, 'log-writer.ts');

/** Runs the writer; `readOut` false closes its standard output before it writes. */
async function run(args: readonly string[], stdout: 'pipe' | number = 'pipe', readOut = true) {
  const child = spawn(process.execPath, [WRITER, ...args], { stdio: ['ignore', stdout, 'pipe'] });
  const ended = new Promise<number | null>((resolve, reject) => child.on('close', resolve).on('error', reject));
  if (!readOut) child.stdout?.destroy();
  const [out, err] = await Promise.all([
    readOut && child.stdout ? text(child.stdout) : '',
    child.stderr ? text(child.stderr) : '',
  ]);
  return { code: await ended, out, err, lines: out.trimEnd().split('\n') };
}

describe('the log', () => {
  it('loses no line when the process ends at once, even through a full pipe', async () => {
    const { code, lines } = await run(['crash', '2000']); // ten times what a pipe holds
    expect(code).toBe(3);
    expect(lines).toHaveLength(2_000);
    expect(JSON.parse(lines[1_999] ?? '')).toMatchObject({ attempt: 1_999, msg: 'line.written' });
  });

  it('has one JSON document per line, with level, time, service and replica', async () => {
    const { lines } = await run(['lines', '1']);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      service: 'berth',
      replicaId: 'r-1',
      msg: 'line.written',
    });
  });

  it('keeps secrets out of errors and fields', async () => {
    const { out, lines } = await run(['error']);
    expect(lines).toHaveLength(2);
    expect(out).not.toContain('hunter2');
    expect(JSON.parse(lines[0] ?? '').err).toMatchObject({
      type: 'BrokerError',
      code: 'unavailable',
      message: 'sent Authorization: Bearer ***',
      stack: expect.stringContaining('log-writer.ts'),
      cause: { code: 'ECONNREFUSED', message: 'redis://***@host refused' },
    });
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({ sessionId: 's-1', env: '***', secret: '***', token: '***' });
  });

  it('never ends the broker: not when its disk is full, not when its reader went away', async () => {
    const full = openSync('/dev/full', 'w');
    try {
      expect(await run(['alive', '50'], full)).toMatchObject({ code: 0, err: 'alive\n' });
    } finally {
      closeSync(full);
    }
    expect(await run(['alive', '5000'], 'pipe', false)).toMatchObject({ code: 0, err: 'alive\n' });
  });

  it('takes errors of any shape', () => {
    const circular = new Error('a');
    circular.cause = circular;
    expect(JSON.stringify(loggedError(circular)).match(/"message":"a"/g)).toHaveLength(4);
    expect(loggedError('text')).toEqual({ type: 'string', message: 'text' });
    expect(loggedError(undefined)).toEqual({ type: 'undefined', message: 'undefined' });
    expect(loggedError(Object.assign(new Error('x'), { code: { deep: 1 } }))).not.toHaveProperty('code');
  });
});

describe('the fields of a record', () => {
  it('name it and its phase, and nothing that its owner sent', () => {
    const session = {
      id: 's-1',
      tenant: 't',
      phase: 'active',
      attempts: 1,
      asked: { class: 'echo', owner: 'ann', labels: { a: 'b' } },
    };
    expect(sessionFields(session as never)).toEqual({
      sessionId: 's-1',
      tenant: 't',
      class: 'echo',
      phase: 'active',
      attempt: 1,
    });
    const ref = { id: 'x', machine: 'm-1', host: 'h-1', region: '' };
    const instance = { id: 'i-1', class: 'echo', phase: 'ready', provider: 'process' };
    expect(instanceFields({ ...instance, ref } as never)).toEqual({
      instanceId: 'i-1',
      class: 'echo',
      phase: 'ready',
      provider: 'process',
      machineId: 'm-1',
      hostId: 'h-1',
    });
    expect(instanceFields({ ...instance, phase: 'destroying', ref: null } as never)).not.toHaveProperty('machineId');
    expect(proxyFields({ id: 'p-1', class: 'echo', phase: 'serving' } as never)).toEqual({
      proxyId: 'p-1',
      class: 'echo',
      phase: 'serving',
    });
  });
});
