import { z } from 'zod';
import { whole, writtenOrNumber } from './fields.ts';

const MOST = 1_000_000;

const wholeOrNone = (min: number, doc: string) =>
  writtenOrNumber(
    (value) => {
      if (value === 'none') return null;
      return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= MOST ? value : undefined;
    },
    { doc, accepts: `a whole number from ${min} to ${MOST}, or none` },
  );

/** The quota of one tenant, `default` already merged in. The only source of defaults and of the docs. */
export const QuotaSchema = z.strictObject({
  sessions: wholeOrNone(0, 'Sessions at the same time, waiting ones included').prefault('none'),
  gpus: wholeOrNone(0, 'GPUs of all its sessions together').prefault('none'),
  acquires_per_minute: wholeOrNone(1, 'New sessions in the long run').prefault('none'),
  burst: whole(
    1,
    MOST,
    'New sessions at once, before acquires_per_minute holds. Default: as acquires_per_minute',
  ).optional(),
  classes: z
    .record(z.string(), wholeOrNone(0, 'Sessions of the class at the same time'))
    .default({})
    .meta({
      description: 'Sessions of a class at the same time',
      accepts: `class names, each with a whole number from 0 to ${MOST}, or none`,
    }),
});

export type WrittenQuota = z.output<typeof QuotaSchema>;
