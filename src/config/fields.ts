import { z } from 'zod';
import { formatDuration, parseCores, parseDollars, parseDuration, parseRange, parseSize } from './units.ts';

/** What every option says about itself: the docs table prints `doc`, a refusal prints `accepts`. */
type About = { readonly doc: string; readonly accepts: string };
const about = ({ doc, accepts }: About) => ({ description: doc, accepts });

/** Turns a parser's undefined into an issue. Its text comes from `accepts`, so that it is written once. */
function orRefuse<I, T>(parse: (value: I) => T | undefined) {
  return (value: I, ctx: z.RefinementCtx<I>): T => {
    const parsed = parse(value);
    if (parsed !== undefined) return parsed;
    ctx.addIssue({ code: 'custom' });
    return z.NEVER;
  };
}

/** A value written as text. */
export const written = <T>(parse: (value: string) => T | undefined, o: About) =>
  z.string().transform(orRefuse(parse)).meta(about(o));

/** A value written as text, or as a number, which YAML makes of `4` and `0.5`. */
export const writtenOrNumber = <T>(parse: (value: string | number) => T | undefined, o: About) =>
  z.union([z.string(), z.number()]).transform(orRefuse(parse)).meta(about(o));

const YEAR_MS = 366 * 86_400_000;

type DurationOptions = { readonly doc: string; readonly min?: number; readonly max?: number };

const within = (text: string, min: number, max: number): number | undefined => {
  const ms = parseDuration(text);
  return ms !== null && ms >= min && ms <= max ? ms : undefined;
};
const durationText = (min: number, max: number) =>
  `a duration from ${formatDuration(min)} to ${formatDuration(max)}, such as 250ms, 90s, 20m or 7d`;

/** A duration; `min` and `max` inclusive [ms]. */
export const duration = ({ doc, min = 1_000, max = YEAR_MS }: DurationOptions) =>
  written((text) => within(text, min, max), { doc, accepts: durationText(min, max) });

/** A duration, or `none`, which becomes null. */
export const durationOrNone = ({ doc, min = 1_000, max = YEAR_MS }: DurationOptions) =>
  written((text) => (text === 'none' ? null : within(text, min, max)), {
    doc,
    accepts: `${durationText(min, max)}, or none`,
  });

export const whole = (min: number, max: number, doc: string) => z.int().min(min).max(max).meta({ description: doc });

/** A whole number from an environment variable. */
export const wholeText = (min: number, max: number, doc: string) =>
  written(
    (text) => {
      const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
      return value >= min && value <= max ? value : undefined;
    },
    { doc, accepts: `a whole number from ${min} to ${max}` },
  );

/** Money, as micro-dollars. */
export const dollars = (doc: string) =>
  writtenOrNumber((value) => parseDollars(value) ?? undefined, {
    doc: `${doc} [US dollars]`,
    accepts: 'US dollars such as 0.35 or 20, up to 1000000',
  });

export const size = (doc: string) =>
  writtenOrNumber((value) => parseSize(value) ?? undefined, { doc, accepts: 'a size such as 512Mi, 2Gi or 10GB' });

const amount = (value: string | number, parse: (part: string | number) => number | null, max: number) => {
  const range = parseRange(value, parse);
  return range === null || range.to > max ? undefined : { request: range.from, limit: range.to };
};

/** What is kept, and the most that may be used. */
export const cores = (doc: string) =>
  writtenOrNumber((value) => amount(value, parseCores, 1_024), {
    doc,
    accepts: 'cores such as 2, 0.5 or 500m, or KEPT..MOST such as 0.1..1; at most 1024',
  });

export const memory = (doc: string) =>
  writtenOrNumber((value) => amount(value, parseSize, 2 ** 46), {
    doc,
    accepts: 'a size such as 512Mi, or KEPT..MOST such as 256Mi..1Gi; at most 64Ti',
  });

/** Yes or no in an environment variable. */
export const flag = (fallback: boolean, doc: string) =>
  z
    .stringbool()
    .prefault(String(fallback))
    .meta(about({ doc, accepts: 'true or false' }));

/** Lower-case letters, digits and inner hyphens, beginning with a letter: safe as a DNS label. */
export const isLabel = (text: string, max: number): boolean =>
  text.length <= max && /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/.test(text);

export const label = (max: number, doc: string) =>
  z
    .string()
    .refine((text) => isLabel(text, max))
    .meta({
      description: doc,
      accepts: `1 to ${max} lower-case letters, digits and "-", beginning with a letter and ending with a letter or digit`,
    });
