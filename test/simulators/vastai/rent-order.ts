import { z } from 'zod';
import type { PortKey, RentOrder, Template } from './instance.ts';
import { isObject } from './operators.ts';
import { refuse } from './reply.ts';
import type { World } from './world.ts';

const MAX_PORTS = 64;

const invalid = (msg: string): never => refuse(400, 'invalid_args', msg);

/** `null` is as good as absent in every field. */
const text = z.string().nullish();
const BodySchema = z.looseObject({
  image: text,
  label: text,
  onstart: text,
  args: z.array(z.string()).nullish(),
  args_str: text,
  runtype: text,
  image_login: text,
  template_hash_id: text,
  template_id: z.number().nullish(),
  price: z.number().nullish(),
  disk: z.coerce.number().nullish(),
  cancel_unavail: z.boolean().nullish(),
  target_state: z.enum(['running', 'stopped']).nullish(),
});

/** What a create call asks for, checked as the limits say. @throws Refusal 400 */
export function parseOrder(w: World, raw: unknown): RentOrder {
  const body = bodyOf(raw);
  const template = findTemplate(w, body.template_hash_id ?? null, body.template_id ?? null);
  const from = template?.fields ?? {};
  const env = new Map([...pairs(templateEnv(from.env)), ...pairs(envOf(body.env))]);
  const order: RentOrder = {
    ...programOf(body, from),
    extraEnv: [...env],
    env: new Map([...env].filter(([name]) => !name.startsWith('-'))),
    ports: portsOf([...env.keys()]),
    diskGb: body.disk ?? Number(from.recommended_disk_space ?? 8),
    label: body.label ?? null,
    login: body.image_login ?? loginOf(from),
    template,
    ...termsOf(body),
  };
  checkLimits(order, env);
  return order;
}

type Body = z.output<typeof BodySchema>;
type Fields = Readonly<Record<string, unknown>>;

function bodyOf(raw: unknown): Body {
  const parsed = BodySchema.safeParse(raw);
  return parsed.success ? parsed.data : invalid(z.prettifyError(parsed.error));
}

/** ssh is the default, unless arguments are given. */
function programOf(body: Body, from: Fields): Pick<RentOrder, 'image' | 'onstart' | 'args' | 'runtype'> {
  const image = body.image ?? str(from.image) ?? invalid('image is required');
  const hasArgs = (body.args ?? body.args_str ?? null) !== null;
  return {
    image,
    onstart: body.onstart ?? str(from.onstart),
    args: body.args ?? (body.args_str ?? str(from.args_str) ?? '').split(' ').filter((a) => a !== ''),
    runtype: body.runtype ?? str(from.runtype) ?? (hasArgs ? 'args' : 'ssh'),
  };
}

function termsOf(body: Body): Pick<RentOrder, 'bid' | 'target' | 'cancelUnavailable'> {
  const bid = body.price ?? null;
  const target = body.target_state ?? 'running';
  return { bid, target, cancelUnavailable: body.cancel_unavail ?? (bid === null && target === 'running') };
}

function checkLimits(o: RentOrder, env: ReadonlyMap<string, string>): void {
  if (o.image.length > 1024) invalid('image is longer than 1024 characters');
  if (o.args.join(' ').length + (o.onstart ?? '').length > 4096)
    invalid('args and onstart are longer than 4096 characters');
  if ((o.label ?? '').length > 256) invalid('label is longer than 256 characters');
  if ([...env].reduce((sum, [k, v]) => sum + k.length + v.length, 0) > 32_768) invalid('env is longer than 32768');
  if (o.ports.length > MAX_PORTS) invalid(`more than ${MAX_PORTS} open ports`);
  if (!(o.diskGb >= 8)) invalid('disk must be at least 8 GB');
  if (o.bid !== null && !(o.bid >= 0.001 && o.bid <= 128)) refuse(400, 'invalid_price', 'price must be 0.001 to 128');
}

function findTemplate(w: World, hash: string | null, id: number | null): Template | null {
  if (hash === null && id === null) return null;
  const found = [...w.templates.values()].find((t) => (hash === null ? t.id === id : t.hash_id === hash));
  return found ?? invalid(`template ${hash ?? id} not found`);
}

const str = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

function envOf(raw: unknown): Readonly<Record<string, unknown>> {
  if (raw === undefined || raw === null) return {};
  return isObject(raw) ? raw : invalid('invalid env type: env must be a dict');
}

const pairs = (env: Readonly<Record<string, unknown>>): readonly (readonly [string, string])[] =>
  Object.entries(env).map(([name, value]) => [name, String(value)] as const);

/** Docker flags, the form that templates have: `-e A=b -p 8000:8000 -h name`. */
function templateEnv(raw: unknown): Readonly<Record<string, string>> {
  const env: Record<string, string> = {};
  const words = typeof raw === 'string' ? raw.split(/\s+/) : [];
  for (let n = 0; n + 1 < words.length; n++) {
    const [flag = '', value = ''] = [words[n], words[n + 1]];
    const [name = '', ...rest] = value.split('=');
    if (flag === '-e') env[name] = rest.join('=').replaceAll(/^["']|["']$/g, '');
    else if (flag === '-p' || flag === '-v' || flag === '-n') env[`${flag} ${value}`] = '1';
    else if (flag === '-h') env['-h'] = value;
  }
  return env;
}

const loginOf = (from: Readonly<Record<string, unknown>>): string | null =>
  str(from.docker_login_repo) === null || str(from.docker_login_user) === null
    ? null
    : `-u ${from.docker_login_user} -p ${from.docker_login_pass} ${from.docker_login_repo}`;

/** One key a port; ranges do not exist. @throws Refusal 400 */
function portsOf(keys: readonly string[]): readonly PortKey[] {
  const ports = new Map<string, PortKey>();
  for (const key of keys.filter((k) => k.startsWith('-p'))) {
    const found = /^-p (\d{1,5}):(\d{1,5})(?:\/(tcp|udp))?$/.exec(key);
    if (found === null) return invalid(`invalid port mapping: ${key}`);
    const port = { inner: Number(found[2]), protocol: found[3] === 'udp' ? 'udp' : 'tcp' } as const;
    ports.set(`${port.inner}/${port.protocol}`, port);
  }
  return [...ports.values()];
}
