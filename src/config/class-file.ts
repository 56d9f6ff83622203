import { type FSWatcher, watch } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type ParsedFile, type ParseOptions, parseClassFile } from './classes.ts';

export type ClassFileOptions = Omit<ParseOptions, 'file'> & {
  readonly path: string;
  /** Called with every new content, not with the first one. */
  readonly onChange: (content: ParsedFile) => void;
  /** Called once per broken state; the content stays as it was. The message is for people, several lines. */
  readonly onBroken: (message: string) => void;
  /** As `Clock.sleep`. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Ends the watching. */
  readonly signal: AbortSignal;
  /** Writes that follow each other faster are one change [ms]. */
  readonly settleMs?: number;
  /** The file is read this often even without an event: network file systems report none [ms]. */
  readonly pollMs?: number;
};

export type ClassFile = {
  content(): ParsedFile;
  /** Reads now (SIGHUP). `broken`: onBroken has said why, also if it had before. */
  reload(): Promise<'changed' | 'unchanged' | 'broken'>;
  /** Settles when `signal` has aborted and nothing is watched any more. Never rejects. */
  readonly done: Promise<void>;
};

/** Reads the class file and follows it: edits in place, editors that rename, Kubernetes that swaps a link.
 *  @throws ConfigError when it is broken at the start, or cannot be read */
export async function openClassFile(o: ClassFileOptions): Promise<ClassFile> {
  const parse = (text: string) => parseClassFile(text, { ...o, file: o.path });
  let seen = await readFile(o.path, 'utf8').catch((err: unknown) => {
    throw Object.assign(new Error(unreadable(o.path, err)), { name: 'ConfigError' });
  });
  let content = parse(seen);
  let broken: string | null = null;

  async function read(onDemand: boolean): Promise<'changed' | 'unchanged' | 'broken'> {
    let text = '';
    try {
      text = await readFile(o.path, 'utf8');
      if (text === seen && broken === null) return 'unchanged';
      content = parse(text);
    } catch (err) {
      const message = text === '' && isErrno(err) ? unreadable(o.path, err) : messageOf(err);
      if (onDemand || message !== broken) o.onBroken(message);
      broken = message;
      return 'broken';
    }
    seen = text;
    broken = null;
    o.onChange(content);
    return 'changed';
  }

  // One read at a time, so that an older one never overtakes a newer one.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = (onDemand: boolean) => {
    const result = last.then(() => read(onDemand));
    last = result.catch(() => undefined);
    return result;
  };

  return { content: () => content, reload: () => inTurn(true), done: follow(o, () => inTurn(false)) };
}

/** Events only make the next look sooner; a lost one costs `pollMs`. */
async function follow(o: ClassFileOptions, look: () => Promise<unknown>): Promise<void> {
  const dirs = watchDirs();
  try {
    while (!o.signal.aborted) {
      await dirs.keep(await dirsOf(o.path));
      await sleepUnless(dirs.changed(), o.pollMs ?? 30_000, o);
      await o.sleep(o.settleMs ?? 100, o.signal);
      dirs.forget();
      await look();
    }
  } catch (err) {
    if (!o.signal.aborted) o.onBroken(`${o.path}: no longer followed: ${messageOf(err)}`);
  } finally {
    dirs.close();
  }
}

/** Directories are watched, not the file: a rename over it ends a watch on the file itself. Where the path is a link,
 *  the directory it leads to counts too. */
async function dirsOf(path: string): Promise<readonly string[]> {
  const target = await realpath(path).catch(() => path);
  return [...new Set([dirname(path), dirname(target)])];
}

function watchDirs() {
  const watchers = new Map<string, FSWatcher>();
  let change = Promise.withResolvers<void>();
  const drop = (dir: string) => {
    watchers.get(dir)?.close();
    watchers.delete(dir);
  };
  return {
    async keep(dirs: readonly string[]): Promise<void> {
      for (const dir of watchers.keys()) if (!dirs.includes(dir)) drop(dir);
      for (const dir of dirs) {
        if (watchers.has(dir)) continue;
        try {
          // A directory that went away or has no events is polled, and watched again when that works.
          const watcher = watch(dir, () => change.resolve()).on('error', () => drop(dir));
          watchers.set(dir, watcher);
          change.resolve(); // what changed before the watch stood
        } catch {}
      }
    },
    changed: (): Promise<void> => change.promise,
    forget(): void {
      change = Promise.withResolvers<void>();
    },
    close(): void {
      for (const dir of [...watchers.keys()]) drop(dir);
    },
  };
}

/** Waits for `event`, at most `ms`. @throws AbortError */
async function sleepUnless(event: Promise<void>, ms: number, { sleep, signal }: ClassFileOptions): Promise<void> {
  const over = new AbortController();
  const pause = sleep(ms, AbortSignal.any([signal, over.signal])).catch(() => undefined);
  await Promise.race([event, pause]);
  over.abort();
  await pause;
  signal.throwIfAborted();
}

const isErrno = (err: unknown): boolean => err instanceof Error && 'syscall' in err;
const messageOf = (err: unknown): string => (err instanceof Error ? err.message : String(err));
const unreadable = (path: string, err: unknown): string => `${path}: cannot be read: ${messageOf(err)}`;
