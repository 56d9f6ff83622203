import { once } from 'node:events';
import { connect } from 'node:net';
import { eventually } from '../support/eventually.ts';

/** One command of Redis with its arguments. */
export type RedisWrite = readonly string[];

const READS: ReadonlySet<string> = new Set(['GET', 'MGET', 'GETRANGE', 'EXISTS', 'STRLEN']);

/**
 * What scripts write while `during` runs, as Redis itself tells it (MONITOR): one list of commands for each EVALSHA,
 * in the order of the calls.
 */
export async function captureWrites(
  port: number,
  calls: number,
  during: () => Promise<unknown>,
): Promise<RedisWrite[][]> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk) => {
    text += chunk;
  });
  try {
    await once(socket, 'connect');
    socket.write('MONITOR\r\n');
    await eventually('MONITOR answers', () => text.startsWith('+OK'));
    await during();
    return await eventually('the calls are seen', () => {
      const seen = group(text);
      return seen.length >= calls && seen.every((writes) => writes.length > 0) ? seen : null;
    });
  } finally {
    socket.destroy();
  }
}

function group(text: string): RedisWrite[][] {
  const groups: RedisWrite[][] = [];
  for (const line of text.split('\r\n').slice(0, -1)) {
    const [, source = '', words = ''] = /^\+[\d.]+ \[\d+ ([^\]]+)\] (.*)$/.exec(line) ?? [];
    const command = wordsOf(words);
    const name = command[0]?.toUpperCase() ?? '';
    if (source === 'lua') {
      if (!READS.has(name)) groups.at(-1)?.push(command);
    } else if (name === 'EVALSHA') groups.push([]);
  }
  return groups;
}

/** From Redis's way of quoting to JSON's. */
const wordsOf = (text: string): string[] =>
  (text.match(/"(?:[^"\\]|\\.)*"/g) ?? []).map((quoted) =>
    String(JSON.parse(quoted.replaceAll(/\\x([0-9a-f]{2})|\\a/g, (_, hex?: string) => `\\u00${hex ?? '07'}`))),
  );
