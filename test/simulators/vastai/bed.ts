import { startVastSimulator } from './server.ts';
import type { SimOptions } from './world.ts';

/** What the tests look at in an offer and in an instance, as it comes over the wire. */
export type OfferSeen = {
  readonly id: number;
  readonly ask_contract_id: number;
  readonly machine_id: number;
  readonly host_id: number;
  readonly gpu_name: string;
  readonly num_gpus: number;
  readonly gpu_ram: number;
  readonly dph_base: number;
  readonly dph_total: number;
  readonly min_bid: number;
  readonly storage_cost: number;
  readonly reliability: number;
  readonly verification: string;
  readonly rented: boolean;
  readonly rentable: boolean;
  readonly is_bid: boolean;
  readonly hosting_type: number;
  readonly geolocation: string | null;
  readonly end_date: number;
  readonly score: number;
  readonly disk_space: number;
  readonly inet_down: number;
  readonly cpu_cores: number | null;
  readonly static_ip: boolean;
  readonly driver_vers: number;
  readonly direct_port_count: number;
};
export type InstanceSeen = OfferSeen & {
  readonly actual_status: string | null;
  readonly intended_status: string;
  readonly cur_state: string;
  readonly next_state: string;
  readonly status_msg: string | null;
  readonly label: string | null;
  readonly public_ipaddr: string | null;
  readonly ports: Readonly<Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[]>>;
  readonly direct_port_start: number;
  readonly direct_port_end: number;
  readonly start_date: number;
  readonly extra_env: readonly (readonly [string, string])[];
  readonly image_uuid: string;
  readonly image_runtype: string;
  readonly template_hash_id: string | null;
};
export type TemplateSeen = {
  readonly id: number;
  readonly hash_id: string;
  readonly name: string;
  readonly creator_id: number;
  readonly extra_filters: string;
};
type Body = {
  readonly success?: boolean;
  readonly error?: string;
  readonly msg?: string;
  readonly detail?: string;
  readonly new_contract?: number;
  readonly instance_api_key?: string;
  readonly offers?: readonly OfferSeen[];
  readonly instances?: readonly InstanceSeen[];
  readonly instances_found?: number;
  readonly total_instances?: number;
  readonly label_counts?: Readonly<Record<string, number>>;
  readonly next_token?: string | null;
  readonly result_url?: string;
  readonly contracts?: readonly { readonly id: number }[];
  readonly template?: TemplateSeen;
  readonly templates?: readonly TemplateSeen[];
  readonly templates_found?: number;
  readonly credit?: number;
  readonly api_key?: string;
  readonly results?: readonly { readonly source: string; readonly amount: number }[];
  readonly total?: number;
  readonly filters?: readonly object[];
};
export type Answer = { readonly status: number; readonly headers: Headers; readonly text: string; readonly body: Body };
export type Meter = { alive: number; dollars_per_hour: number; spent: number; credit: number };
export type StateSeen = {
  readonly meter: Meter;
  readonly now_ms: number;
  readonly instances: readonly {
    readonly id: number;
    readonly pid: number | null;
    readonly ports: Readonly<Record<string, number>>;
    readonly cost: number;
    readonly env: Readonly<Record<string, string>>;
    readonly machine_id: number;
  }[];
  readonly endpoints: Readonly<Record<string, { readonly calls: number; readonly limited: number }>>;
  readonly faults: readonly { readonly id: number }[];
  readonly ignored_filters: readonly string[];
  readonly legacy_key_uses: number;
};

/** Without limits, bad machines or waiting, in time that stands still, with instances inside the simulator. */
const CALM: SimOptions = {
  frozen: true,
  // A Sunday morning, so that midnight is far.
  start_ms: Date.UTC(2026, 10, 22, 8),
  badness: 0,
  boot_factor: 0,
  limits: { factor: 0 },
};
export const INLINE = 'example/inline:1';
export const ORDER = { image: INLINE, disk: 10, cancel_unavail: true, env: { '-p 8000:8000': '1' } };

export type Bed = Awaited<ReturnType<typeof openBed>>;

/** A simulator and what one asks of it, over HTTP only. */
export async function openBed(options: SimOptions = {}) {
  const simulator = await startVastSimulator({ ...CALM, ...options });
  const { url } = simulator;

  async function send(method: string, path: string, o: RequestInit): Promise<Answer> {
    const response = await fetch(url + path, { method, redirect: 'manual', ...o });
    const text = await response.text();
    const isJson = response.headers.get('content-type') === 'application/json';
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : {} };
  }
  /** As a client does, with the key. */
  const api = (method: string, path: string, body?: unknown, key = 'sim-key'): Promise<Answer> =>
    send(method, path, {
      headers: { authorization: `Bearer ${key}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  /** Steers the simulator. @throws Error when it does not want to */
  async function sim<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await send(method, `/_sim/${path}`, body === undefined ? {} : { body: JSON.stringify(body) });
    if (answer.status !== 200) throw new Error(answer.text);
    return answer.body as T;
  }
  async function search(query: object = {}): Promise<readonly OfferSeen[]> {
    const { status, body, text } = await api('POST', '/api/v0/bundles/', query);
    if (status !== 200 || body.offers === undefined) throw new Error(text);
    return body.offers;
  }
  /** The cheapest one GPU that the query finds. */
  async function offer(query: object = {}): Promise<OfferSeen> {
    const found = await search({ num_gpus: { eq: 1 }, order: [['dph_total', 'asc']], limit: 1, ...query });
    const [first] = found;
    if (first === undefined) throw new Error('no offer');
    return first;
  }
  const create = (ask: number, order: object = {}): Promise<Answer> =>
    api('PUT', `/api/v0/asks/${ask}/`, { ...ORDER, ...order });
  async function rent(order: object = {}, query: object = {}): Promise<number> {
    const { body, text } = await create((await offer(query)).id, order);
    if (body.success !== true || body.new_contract === undefined) throw new Error(text);
    return body.new_contract;
  }
  /** null: gone. */
  async function show(id: number): Promise<InstanceSeen | null> {
    const answer = await api('GET', `/api/v0/instances/${id}/`);
    return (JSON.parse(answer.text) as { readonly instances: InstanceSeen | null }).instances;
  }
  async function shown(id: number): Promise<InstanceSeen> {
    const instance = await show(id);
    if (instance === null) throw new Error(`${id} is gone`);
    return instance;
  }
  return {
    url,
    api,
    send,
    sim,
    search,
    offer,
    create,
    rent,
    show,
    shown,
    list: (query = '') => api('GET', `/api/v1/instances/${query}`),
    destroy: (id: number) => api('DELETE', `/api/v0/instances/${id}/`),
    fault: (fault: string, rule: object = {}) => sim<{ readonly id: number }>('POST', 'faults', { fault, ...rule }),
    advance: (seconds: number) => sim('POST', 'clock', { advance_s: seconds }),
    state: () => sim<StateSeen>('GET', 'state'),
    close: simulator.close,
  };
}
