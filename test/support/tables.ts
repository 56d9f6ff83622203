import { timestamp } from './fake-broker.ts';

/** The cells of each line of a table. */
export const cells = (text: string): readonly (readonly string[])[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/));

export const ago = (ms: number) => timestamp(Date.now() - ms);
