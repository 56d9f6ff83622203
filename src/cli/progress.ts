import process from 'node:process';
import { clearInterval, setInterval } from 'node:timers';
import type { Session } from '../../clients/typescript/src/types.ts';
import { running } from './format.ts';
import { monotonic, now } from './system.ts';
import { cutTo } from './width.ts';
import { phase, standing } from './words.ts';

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
    const line = [phase(latest, now(), false), running(monotonic() - startedAt), standing(latest, now())].filter(
      (p) => p !== '',
    );
    process.stderr.write(`\r\u001b[K${cutTo(line.join('  '), (process.stderr.columns || 80) - 1)}`);
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
      const line = `${phase(session, now(), false)}  ${standing(session, now())}`.trimEnd();
      if (line === last || session.phase === 'active') return;
      last = line;
      process.stderr.write(`${session.id}  ${running(monotonic() - startedAt)}  ${line}\n`);
    },
    end: () => undefined,
  };
}
