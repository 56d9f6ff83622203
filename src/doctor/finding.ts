/** `warn`: it works, but not as well as it could; `fail`: something will not work. */
export type Level = 'ok' | 'warn' | 'fail';

export type Finding = {
  /** What was looked at, such as `store`. */
  readonly check: string;
  readonly level: Level;
  /** What was seen, in words for people. */
  readonly seen: string;
  /** What to do about it; empty where there is nothing to do. */
  readonly todo: string;
};

export const ok = (check: string, seen: string): Finding => ({ check, level: 'ok', seen, todo: '' });
export const warn = (check: string, seen: string, todo: string): Finding => ({ check, level: 'warn', seen, todo });
export const fail = (check: string, seen: string, todo: string): Finding => ({ check, level: 'fail', seen, todo });

export const messageOf = (err: unknown): string => (err instanceof Error ? err.message : String(err));
