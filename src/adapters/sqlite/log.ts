import type { LogLine, LogRange } from '../../ports/store.ts';
import type { openDatabase } from './schema.ts';

/** How many more lines than are kept may gather before the oldest are dropped, a part of those that are kept. */
const SLACK = 0.01;
const MOST_AT_ONCE = 1_000;

/**
 * The event log: lines by a number that grows by one.
 * @param keep lines that are kept
 */
export function createLog(db: ReturnType<typeof openDatabase>, keep: number) {
  const add = db.prepare('INSERT INTO log (line) VALUES (?)');
  const first = db.prepare('SELECT min(id) AS id FROM log');
  const after = db.prepare('SELECT id, line FROM log WHERE id > ? ORDER BY id LIMIT ?');
  const before = db.prepare('SELECT id, line FROM log WHERE id < ? ORDER BY id DESC LIMIT ?');
  // An id is the greatest one and one more: without the last line the next would have one that was given before.
  const trim = db.prepare('DELETE FROM log WHERE id < ?1 AND id < (SELECT max(id) FROM log)');
  const slack = Math.ceil(keep * SLACK);
  /** Where the log begins; inside a transaction, as far as that one knows. */
  let begin = Number(first.get()?.id ?? 1);

  return {
    begin: () => begin,
    /** Back to what it was before a transaction that was taken back. */
    beginAgain(at: number): void {
      begin = at;
    },
    /** Inside a transaction. */
    add(lines: readonly string[]): void {
      let last = 0;
      for (const line of lines) last = Number(add.run(line).lastInsertRowid);
      if (last - begin < keep + slack) return;
      begin = last - keep + 1;
      trim.run(begin);
    },
    range(range: LogRange): readonly LogLine[] {
      const limit = Math.min(range.limit, MOST_AT_ONCE);
      if (range.by === 'after') return after.all(numberOf(range.id, 0), limit).map(toLine);
      return before.all(numberOf(range.id, Number.MAX_SAFE_INTEGER), limit).map(toLine).reverse();
    },
    trim(id: string): void {
      trim.run(numberOf(id, 0));
      begin = Number(first.get()?.id ?? begin);
    },
  };
}

/** Of an id, which may be one of another store: then some number. */
function numberOf(id: string, without: number): number {
  if (id === '') return without;
  const n = Number.parseInt(id, 10);
  return Number.isNaN(n) ? without : Math.min(n, Number.MAX_SAFE_INTEGER);
}

const toLine = (row: Record<string, unknown>): LogLine => ({ id: String(row.id), line: String(row.line) });
