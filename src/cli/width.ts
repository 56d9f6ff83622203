import { stripVTControlCharacters } from 'node:util';

/** Letters of East Asia and most pictures take two columns of a terminal, combining marks none. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const NOTHING = /^[\p{Mn}\p{Me}\p{Cf}]$/u;

/** Columns that a text takes on a terminal; colors take none. */
export function width(text: string): number {
  let columns = 0;
  for (const letter of stripVTControlCharacters(text)) columns += letterWidth(letter);
  return columns;
}

function letterWidth(letter: string): number {
  if (letter < '\u0300') return 1;
  return NOTHING.test(letter) ? 0 : WIDE.test(letter) ? 2 : 1;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the colors of paint().
const PIECES = /\u001b\[[\d;]*m|./gsu;

/** The text, or as much of it as `columns` hold with "…" at its end. Colors stay whole. */
export function cutTo(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let left = Math.max(0, columns - 1);
  let cut = '';
  let full = false;
  for (const [piece] of text.matchAll(PIECES)) {
    if (piece.startsWith('\u001b')) {
      cut += piece;
      continue;
    }
    if (full) continue;
    left -= letterWidth(piece);
    full = left < 0;
    cut += full ? (columns > 0 ? '…' : '') : piece;
  }
  return cut;
}
