import process from 'node:process';
import { clearInterval, setInterval } from 'node:timers';
import type { Session } from '../../clients/typescript/src/types.ts';
import { exact, plain, running } from './format.ts';
import { monotonic, now } from './system.ts';

/** What people see on stderr while a session is on its way. */
export type Progress = {
  update(session: Session): void;
  /** Takes the live line away. */
  end(): void;
};

const TICK_MS = 100;

/** One line that changes on a terminal; a line per change otherwise. */
export function createProgress(): Progress {
  const startedAt = monotonic();
  return process.stderr.isTTY ? liveLine(startedAt) : plainLines(startedAt);
}

function liveLine(startedAt: number): Progress {
  let latest: Session | null = null;
  const draw = () => {
    if (latest === null) return;
    const line = `${latest.phase}  ${running(monotonic() - startedAt)}${detail(latest)}`;
    process.stderr.write(`\r\u001b[K${line.slice(0, (process.stderr.columns ?? 80) - 1)}`);
  };
  const timer = setInterval(draw, TICK_MS);
  return {
    update(session) {
      latest = session;
      draw();
    },
    end() {
      clearInterval(timer);
      if (latest !== null) process.stderr.write('\r\u001b[K');
    },
  };
}

function plainLines(startedAt: number): Progress {
  let last = '';
  return {
    update(session) {
      const line = `${session.phase}${detail(session)}`;
      if (line === last || session.phase === 'active') return;
      last = line;
      process.stderr.write(`${session.id}  ${running(monotonic() - startedAt)}  ${line}\n`);
    },
    end: () => undefined,
  };
}

/** Why it waits, which attempt it is, and when it should be there. */
function detail(s: Session): string {
  const parts: string[] = [];
  if (s.waitingFor !== '') parts.push(plain(s.waitingFor));
  if (s.attempts > 1) parts.push(`attempt ${s.attempts}`);
  if (s.expectedActiveTime !== null) {
    const left = s.expectedActiveTime.getTime() - now();
    parts.push(left > 0 ? `about ${exact(Math.max(1_000, Math.round(left / 1_000) * 1_000))} to go` : 'any moment');
  }
  return parts.length === 0 ? '' : `  (${parts.join(', ')})`;
}
