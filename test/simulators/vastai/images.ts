import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** What an image does here. The first entry that matches is taken. */
export const ImageSchema = z.strictObject({
  /** The image's name with its tag; `*` stands for anything. */
  match: z.string(),
  /** Program and arguments. `{{port}}` is the local port of the first mapped one, `{{port:8000}}` of that one,
   *  `{{args}}` all arguments of the create call, `{{node}}` this Node. `inline`: a small server inside the simulator. */
  command: z.union([z.literal('inline'), z.array(z.string()).min(1)]).optional(),
  /** Beside what the create call says; placeholders as in the command. */
  env: z.record(z.string(), z.string()).default({}),
  /** GB to pull. */
  size_gb: z.number().min(0).default(2),
  /** The only registry login that may pull it, as in `image_login`. */
  login: z.string().optional(),
  /** There is no such image. */
  missing: z.boolean().default(false),
});
export type Image = z.output<typeof ImageSchema>;

const ECHO = fileURLToPath(new URL('../../../src/echo/server.cjs', import.meta.url));

/** Names that fail, a private registry, servers inside the simulator, and berth's echo server for everything else. */
export const DEFAULT_IMAGES: readonly z.input<typeof ImageSchema>[] = [
  { match: '*no-such-image*', missing: true },
  { match: 'private.example/*', login: '-u berth -p open-sesame private.example', command: ['{{node}}', ECHO] },
  { match: '*inline*', command: 'inline' },
  { match: '*', command: ['{{node}}', ECHO] },
];

export function findImage(images: readonly Image[], name: string): Image | null {
  return images.find((i) => pattern(i.match).test(name)) ?? null;
}

const pattern = (match: string): RegExp =>
  new RegExp(`^${match.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);

export type Fill = { readonly ports: ReadonlyMap<number, number>; readonly args: readonly string[] };

export const fillAll = (texts: readonly string[], f: Fill): readonly string[] =>
  texts.flatMap((t) => (t === '{{args}}' ? f.args : [fillIn(t, f)]));

const fillIn = (text: string, f: Fill): string =>
  text
    .replaceAll('{{node}}', process.execPath)
    .replaceAll('{{port}}', `${[...f.ports.values()][0] ?? ''}`)
    .replaceAll(/\{\{port:(\d+)\}\}/g, (_, inner: string) => `${f.ports.get(Number(inner)) ?? ''}`);

/**
 * The environment of what runs. There is no network namespace here: a program cannot listen on the port that it has in
 * the container, so a variable whose name has PORT in it and whose value is a mapped port gets the local one instead.
 */
export function environment(image: Image, asked: ReadonlyMap<string, string>, f: Fill): Record<string, string> {
  const env: Record<string, string> = {};
  const first = [...f.ports.values()][0];
  // What the echo server listens on, unless the caller has said it.
  if (first !== undefined) env.BERTH_PORT_HTTP = `${first}`;
  for (const [name, value] of asked) env[name] = name.includes('PORT') ? local(value, f) : value;
  for (const [name, value] of Object.entries(image.env)) env[name] = fillIn(value, f);
  for (const [inner, outer] of f.ports) env[`VAST_TCP_PORT_${inner}`] = `${outer}`;
  return env;
}

const local = (value: string, f: Fill): string => `${f.ports.get(Number(value)) ?? value}`;
