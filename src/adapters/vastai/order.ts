import { readFile } from 'node:fs/promises';
import { BrokerError } from '../../domain/errors.ts';
import type { ImageSource, RegistryLogin } from '../../domain/session-class.ts';
import type { Order } from '../../ports/compute-provider.ts';
import { labelOf } from './label.ts';
import { type PlacedPort, placePorts, portEnv } from './port-book.ts';
import { toDiskGb } from './units.ts';

/** Limits of the API; what is above them is refused here, where the reason can be told. */
const MAX_IMAGE = 1024;
const MAX_ARGS = 4096;
const MAX_ENV = 32_768;
const MAX_PORTS = 64;

/** The body of a create call, and what in it must not be repeated in any text. */
export type OrderBody = { readonly body: Readonly<Record<string, unknown>>; readonly secrets: readonly string[] };

const refused = (message: string): BrokerError =>
  new BrokerError('refused-by-provider', message, { reason: 'BAD_ORDER' });

/** @throws BrokerError `refused-by-provider` for what Vast.ai would not take, or would take for something else */
export async function orderBody(order: Order, installation: string): Promise<OrderBody> {
  const ports = placePorts(order.ports);
  const label = labelOf(installation, order.tag, order.mark);
  if (label === null) throw refused('the label with class and recipe is longer than Vast.ai takes');
  if (ports.length > MAX_PORTS) throw refused(`more than ${MAX_PORTS} ports; Vast.ai maps no more`);
  const login = order.image?.login ?? null;
  const password = login === null ? null : await passwordOf(login);
  const body = {
    ...imageOf(order.image),
    ...(login === null || password === null ? {} : { image_login: loginOf(login, password) }),
    ...programOf(order, ports),
    env: envOf(order, installation, ports),
    disk: toDiskGb(order.offer.granted.disk),
    label,
    target_state: 'running',
    // Else a host without room leaves a stopped instance that costs.
    cancel_unavail: true,
    ...(order.offer.interruptible === true ? { price: bidOf(order) } : {}),
  };
  const secrets = [...Object.values(order.env), ...(password === null ? [] : [password])];
  return { body, secrets };
}

/** In dollars; the rest of the price is the disk's, which nobody bids for. */
const bidOf = ({ offer }: Order): number => (offer.microsPerHour - (offer.storageMicrosPerHour ?? 0)) / 1e6;

function imageOf(source: ImageSource | null): Readonly<Record<string, unknown>> {
  if (source === null || (source.image === '' && source.template === null))
    throw refused('the class names neither an image nor a template');
  if (source.image.length > MAX_IMAGE) throw refused(`the image's name is longer than ${MAX_IMAGE} characters`);
  return {
    ...(source.image === '' ? {} : { image: source.image }),
    ...(source.template === null ? {} : templateKey(source.template)),
  };
}

/** A hash has 32 digits and letters, a number never so many. */
export const isTemplateId = (named: string): boolean => /^\d{1,15}$/.test(named);

const templateKey = (named: string): Readonly<Record<string, unknown>> =>
  isTemplateId(named) ? { template_id: Number(named) } : { template_hash_id: named };

/** `args` keeps the image's entrypoint; the other runtypes put a server of Vast.ai's own in its place. Without a
 *  command a template's own way to run is kept. */
function programOf({ command, image }: Order, ports: readonly PlacedPort[]): Readonly<Record<string, unknown>> {
  if (command.length === 0) return image?.template ? {} : { runtype: 'args' };
  const args = command.map((word) => fillPorts(word, ports));
  if (args.join(' ').length > MAX_ARGS) throw refused(`the command is longer than ${MAX_ARGS} characters`);
  return { runtype: 'args', args };
}

function fillPorts(word: string, ports: readonly PlacedPort[]): string {
  return word.replaceAll(/\{\{port\.([^}]*)\}\}/g, (_, name: string) => {
    const port = ports.find((p) => p.name === name);
    if (port === undefined) throw refused(`the command names the port "${name}", which the class does not have`);
    return `${port.number}`;
  });
}

function envOf(order: Order, installation: string, ports: readonly PlacedPort[]): Readonly<Record<string, string>> {
  // A key such as `-v` is one of docker's flags to Vast.ai.
  for (const name of Object.keys(order.env))
    if (!/^[A-Za-z_][\w.]*$/.test(name)) throw refused('the environment has a name that is no name of a variable');
  const own = { BERTH_INSTANCE_ID: order.tag, BERTH_INSTALLATION_ID: installation };
  const env = { ...order.env, ...portEnv(ports), ...own };
  const size = Object.entries(env).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (size > MAX_ENV) throw refused(`the environment is larger than ${MAX_ENV} characters`);
  return env;
}

/** Blanks inside a value cannot be written. */
function loginOf({ server, username }: RegistryLogin, password: string): string {
  if ([server, username, password].some((part) => part === '' || /\s/.test(part)))
    throw refused('the registry login has an empty value or one with blanks, which Vast.ai cannot be given');
  return `-u ${username} -p ${password} ${server}`;
}

async function passwordOf({ passwordFile }: RegistryLogin): Promise<string> {
  try {
    return (await readFile(passwordFile, 'utf8')).replace(/\r?\n$/, '');
  } catch (err) {
    const code = err instanceof Error && 'code' in err ? String(err.code) : 'unknown';
    throw refused(`the password of the image's registry cannot be read (${code})`);
  }
}
