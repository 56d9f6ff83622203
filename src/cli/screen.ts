import process from 'node:process';

/** A terminal that a command has for itself until it is closed. */
export type Screen = {
  size(): { readonly columns: number; readonly rows: number };
  /** Shows the lines in place of what was there, in one write. */
  draw(lines: readonly string[]): void;
  /** Gives the terminal back as it was. Twice is no error. */
  close(): void;
};

export type ScreenEvents = {
  /** A letter, in lower case. Ctrl-C does not come here: it is the signal that it always is. */
  key(letter: string): void;
  resized(): void;
};

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
/** Terminals that know these show all between them at once. */
const [BEGIN, END] = ['\u001b[?2026h', '\u001b[?2026l'];
const CTRL_C = '\u0003';

/** Takes the alternate screen. Whatever ends the process gives it back. */
export function openScreen(on: ScreenEvents): Screen {
  const { stdin, stdout } = process;
  let open = true;
  const onKeys = (typed: Buffer) => {
    for (const letter of typed.toString())
      if (letter === CTRL_C) process.kill(process.pid, 'SIGINT');
      else on.key(letter.toLowerCase());
  };
  const close = () => {
    if (!open) return;
    open = false;
    process.off('exit', close);
    stdout.off('resize', on.resized);
    if (stdin.isTTY) {
      stdin.off('data', onKeys).pause();
      stdin.setRawMode(false);
    }
    stdout.write(LEAVE);
  };
  process.once('exit', close);
  stdout.on('resize', on.resized);
  // Without a keyboard, as with </dev/null, it is only looked at.
  if (stdin.isTTY) stdin.setRawMode(true).resume().on('data', onKeys);
  stdout.write(ENTER);
  return {
    size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
    draw(lines) {
      // Over a slow line, frames that came meanwhile are worth nothing.
      if (!open || stdout.writableNeedDrain) return;
      const text = lines.map((line) => `${line}\u001b[K`).join('\r\n');
      stdout.write(`${BEGIN}\u001b[H${text}\u001b[J${END}`);
    },
    close,
  };
}
