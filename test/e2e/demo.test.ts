import { expect, it } from 'vitest';
import { interruptedAt } from '../support/interrupted.ts';
import { berthCommand } from '../support/run-cli.ts';

it.each(['Starting a broker', 'it serves gRPC', 'Keeping two instances ready', 'A session from the reserve'])(
  'ends soon and leaves nothing when it is interrupted at "%s"',
  async (seen) => {
    const { code, written, tookMs, left } = await interruptedAt(berthCommand(['demo']), seen);
    expect(written).toContain('Interrupted; everything was ended.');
    expect({ code, left }).toEqual({ code: 130, left: [] });
    // Not as long as a call waits for a broker that has gone.
    expect(tookMs).toBeLessThan(20_000);
  },
  60_000,
);
