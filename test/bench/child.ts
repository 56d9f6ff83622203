import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** What a process of the bench can be asked for, by name. Arguments and answers are JSON. */
type Handlers = { readonly [name: string]: (arg: never) => unknown };

type Question = { readonly id: number; readonly name: string; readonly arg: unknown };
type Answer = { readonly id: number; readonly value?: unknown; readonly error?: string };

/** A process of the bench as its parent sees it. */
export type Child<H extends Handlers> = {
  readonly pid: number;
  /** @throws what the process threw, or that it ended */
  ask<K extends keyof H & string>(name: K, arg: Parameters<H[K]>[0]): Promise<Awaited<ReturnType<H[K]>>>;
  /** Lets it finish; kills it if it does not. */
  stop(): Promise<void>;
};

/** Longer than any single question of the bench takes [ms]. */
const ANSWER_WITHIN = 180_000;
const STOP_WITHIN = 15_000;

/** @param file beside this one */
export function startChild<H extends Handlers>(file: string): Child<H> {
  const process_ = fork(join(import.meta.dirname, file), { serialization: 'json' });
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (err: Error) => void }>();
  let asked = 0;
  process_.on('message', (message) => {
    const { id, value, error } = message as Answer;
    const one = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) one?.resolve(value);
    else one?.reject(new Error(`${file}: ${error}`));
  });
  process_.on('exit', (code, signal) => {
    for (const one of waiting.values()) one.reject(new Error(`${file} ended (${signal ?? code})`));
    waiting.clear();
  });
  return {
    pid: process_.pid ?? 0,
    ask(name, arg) {
      const id = ++asked;
      const answer = new Promise<unknown>((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`${file} did not answer ${name}`)), ANSWER_WITHIN);
        const over =
          <T>(then: (value: T) => void) =>
          (value: T) => {
            clearTimeout(late);
            then(value);
          };
        waiting.set(id, { resolve: over(resolve), reject: over(reject) });
      });
      const question: Question = { id, name, arg };
      if (process_.connected) process_.send(question);
      else waiting.get(id)?.reject(new Error(`${file} has ended`));
      return answer as Promise<never>;
    },
    stop: () => stop(process_),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN);
  if (child.connected) child.disconnect();
  await exited;
  clearTimeout(late);
}

/** Answers the parent until it goes away, then cleans up and ends. */
export function serveParent(handlers: Handlers, close: () => Promise<void>): void {
  process.on('message', (message) => {
    const { id, name, arg } = message as Question;
    const reply = (answer: Omit<Answer, 'id'>) => process.send?.({ id, ...answer });
    void answerTo(handlers[name], arg).then(
      (value) => reply({ value }),
      (err: unknown) => reply({ error: err instanceof Error ? (err.stack ?? err.message) : String(err) }),
    );
  });
  process.once('disconnect', () => {
    void close().finally(() => process.exit(0));
  });
}

async function answerTo(handler: ((arg: never) => unknown) | undefined, arg: unknown): Promise<unknown> {
  if (handler === undefined) throw new Error('there is no such question');
  return (await handler(arg as never)) ?? null;
}
