import { z } from 'zod';
import { dollars, duration, size, whole } from './fields.ts';

const DAY = 86_400_000;

/** Which offers of a market may be rented, and how they are compared. */
export const PlacementSchema = z.strictObject({
  gpu_models: z.array(z.string().min(1).max(64)).max(32).default([]).meta({
    description: 'GPU models in order of preference, such as "RTX 4090". Default: that of resources, else any',
    accepts: 'a list of up to 32 models',
  }),
  regions: z.array(z.string().min(2).max(64)).max(64).default([]).meta({
    description: 'North America, Europe, Asia and so on, or two-letter country codes. Empty: anywhere',
    accepts: 'a list of regions and country codes',
  }),
  max_price: dollars('Most per hour, disk included. Default: no limit but BERTH_MAX_DOLLARS_PER_HOUR').optional(),
  min_reliability: z
    .number()
    .min(0)
    .max(1)
    .default(0.95)
    .meta({ description: 'Least reliability that the market tells, from 0 to 1' }),
  min_download: whole(0, 1_000_000, 'Least download rate [Mbit/s]').default(100),
  min_cuda: z.number().min(0).max(99).default(0).meta({ description: 'Least CUDA version, such as 12.4. 0: any' }),
  verified: z.boolean().default(true).meta({ description: 'Only machines that the market has verified' }),
  datacenter: z.boolean().default(false).meta({ description: 'Only machines in data centres' }),
  interruptible: z.boolean().default(false).meta({
    description: 'Cheaper instances that may be taken back at any time',
  }),
  min_remaining: duration({ min: 0, max: 366 * DAY, doc: 'An offer must last at least this long' }).prefault('1d'),
  query: z.record(z.string().min(1).max(64), z.unknown()).optional().meta({
    description:
      "The market's own query, merged over what the rest says, such as {gpu_name: {in: [RTX 4090]}}. What it finds is checked by the rest again: to lift verified there, set it to false here",
    accepts: 'a map of filters',
  }),
  minute_value: dollars(
    'What a minute of waiting is worth: a dearer machine that starts sooner is taken for it',
  ).prefault('0.01'),
  expected_hours: z.number().positive().max(10_000).default(1).meta({
    description: 'How long a session is expected to last: what the price per hour counts for in the comparison [hours]',
  }),
  image_size: size(
    'Of the image as pulled: with the bandwidth it tells the start on a machine never seen before',
  ).prefault('5GB'),
  offer_attempts: whole(1, 100, 'Offers that may turn out to be gone before it counts as a failed start').default(5),
});
