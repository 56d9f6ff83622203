import { type Command, InvalidArgumentError } from 'commander';
import { isBerthError } from '../../clients/typescript/src/errors.ts';
import { parseAmount, parseCount, parseDuration, parseNumber, parsePair, parseSize } from './parse.ts';

/** A parser whose complaint commander prints together with the option it is about. */
export function arg<T>(parse: (text: string, before?: T) => T): (text: string, before?: T) => T {
  return (text, before) => {
    try {
      return parse(text, before);
    } catch (err) {
      if (isBerthError(err)) throw new InvalidArgumentError(`Accepted: ${err.violations[0]?.description ?? ''}.`);
      throw err;
    }
  };
}

export const duration = arg((text: string) => parseDuration(text));
const size = arg((text: string) => parseSize(text));
export const pair = arg((text: string, before?: Record<string, string>) => parsePair(text, before));
export const words = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  ...text.split(','),
];

type Gpu = { readonly models: readonly string[]; readonly count?: number };
/** `2`, `"RTX 4090"` or `"RTX 4090:2"`; given again, the models follow in order of preference. */
function gpu(text: string, before: Gpu = { models: [] }): Gpu {
  if (/^\d+$/.test(text)) return { ...before, count: parseCount(text) };
  const [, model = text, count] = /^(.*):(\d+)$/.exec(text) ?? [];
  return {
    models: [...before.models, model],
    ...(count === undefined ? pickCount(before) : { count: parseCount(count) }),
  };
}
const pickCount = ({ count }: Gpu) => (count === undefined ? {} : { count });

/** What a session needs: the same for all who ask for one or what one would get. */
export const addRequirements = (command: Command): Command =>
  command
    .option(
      '--cpu <cores>',
      'REQUEST, REQUEST:LIMIT or :LIMIT',
      arg((t) => parseAmount(t, parseNumber)),
    )
    .option(
      '--memory <size>',
      'REQUEST, REQUEST:LIMIT or :LIMIT',
      arg((t) => parseAmount(t, parseSize)),
    )
    .option('--gpu <gpu>', 'COUNT, MODEL or MODEL:COUNT; again for a second choice', gpu)
    .option('--gpu-memory <size>', 'of each GPU', size)
    .option('--disk <size>', 'disk space', size)
    .option('--region <region>', 'acceptable, such as de or europe; may be given again', words)
    .option(
      '--max-price <dollars>',
      'US dollars per hour, all together',
      arg((t) => parseNumber(t)),
    )
    .option('--interruptible', 'a cheaper instance that may be taken back is acceptable')
    .option(
      '--min-reliability <part>',
      'of the machine, 0 to 1, such as 0.98',
      arg((t) => parseNumber(t)),
    );
