import { charges, currentUser, gpuNames, gpuTypes } from './account.ts';
import { create, launch } from './create.ts';
import { contracts, filterValues, list, oldList, show } from './list.ts';
import { change, changeBid, changeMany, destroy, destroyMany, reboot, requestLogs } from './manage.ts';
import type { Row } from './operators.ts';
import { type Reply, refuse } from './reply.ts';
import { search } from './search.ts';
import { createdTemplates, createTemplate, deleteTemplate, listTemplates, updateTemplate } from './templates.ts';
import type { World } from './world.ts';

export type Call = {
  readonly world: World;
  /** What stands for `{id}`. */
  readonly id: number;
  readonly query: URLSearchParams;
  readonly body: Row;
  readonly key: string;
  /** Where the simulator is reached, without a slash at the end. */
  readonly base: string;
};
export type Route = {
  readonly method: string;
  /** Ends in a slash where official clients send one; they are sent there who do not. */
  readonly path: string;
  /** Names its rate limit, its figures, and what an `http` fault strikes. */
  readonly endpoint: string;
  readonly open?: boolean;
  readonly handle: (c: Call) => Reply | Promise<Reply>;
};

/** What there is of the API. */
export const ROUTES: readonly Route[] = [
  route('POST', '/api/v0/bundles/', 'search', (c) => search(c.world, c.body)),
  route('GET', '/api/v0/bundles/', 'search', (c) => search(c.world, oldQuery(c.query))),
  route('PUT', '/api/v0/search/asks/', 'search', (c) => search(c.world, c.body.q)),
  route('PUT', '/api/v0/asks/{id}/', 'create', (c) => create(c.world, c.id, c.body)),
  route('PUT', '/api/v0/launch_instance/', 'create', (c) => launch(c.world, c.body, (q) => search(c.world, q))),
  route('GET', '/api/v1/instances/', 'list', (c) => list(c.world, c.query)),
  route('GET', '/api/v0/instances/', 'old-list', (c) => oldList(c.world)),
  route('GET', '/api/v0/instances/filters/', 'filters', (c) => filterValues(c.world)),
  route('GET', '/api/v0/instances/{id}/', 'show', (c) => show(c.world, c.id)),
  route('PUT', '/api/v0/instances/{id}/', 'manage', (c) => change(c.world, c.id, c.body)),
  route('PUT', '/api/v0/instances/', 'manage', (c) => changeMany(c.world, c.body)),
  route('DELETE', '/api/v0/instances/{id}/', 'destroy', (c) => destroy(c.world, c.id)),
  route('DELETE', '/api/v0/instances/', 'destroy', (c) => destroyMany(c.world, c.body)),
  route('PUT', '/api/v0/instances/reboot/{id}/', 'reboot', (c) => reboot(c.world, c.id, false)),
  route('PUT', '/api/v0/instances/recycle/{id}/', 'recycle', (c) => reboot(c.world, c.id, true)),
  route('PUT', '/api/v0/instances/bid_price/{id}/', 'change-bid', (c) => changeBid(c.world, c.id, c.body)),
  route('PUT', '/api/v0/instances/request_logs/{id}', 'logs', (c) => requestLogs(c.world, c.id, c.body, c.base)),
  route('POST', '/api/v0/contracts/fetch/', 'contracts', (c) => contracts(c.world, c.body)),
  route('GET', '/api/v0/template/', 'templates', (c) => listTemplates(c.world, c.query)),
  route('POST', '/api/v0/template/', 'template-change', (c) => createTemplate(c.world, c.body)),
  route('PUT', '/api/v0/template/', 'template-change', (c) => updateTemplate(c.world, c.body, false)),
  route('PUT', '/api/v1/template/', 'template-change', (c) => updateTemplate(c.world, c.body, true)),
  route('DELETE', '/api/v0/template/', 'template-change', (c) => deleteTemplate(c.world, c.body)),
  route('GET', '/api/v0/users/me/created-templates', 'templates', (c) => createdTemplates(c.world)),
  route('GET', '/api/v0/users/current', 'account', (c) => currentUser(c.world, c.key)),
  route('GET', '/api/v0/charges/', 'charges', (c) => charges(c.world, c.query)),
  { ...route('GET', '/api/v0/gpu_names/unique/', 'catalogue', () => gpuNames()), open: true },
  { ...route('GET', '/api/v0/gpu_types/', 'catalogue', () => gpuTypes()), open: true },
];

function route(method: string, path: string, endpoint: string, handle: Route['handle']): Route {
  return { method, path, endpoint, handle };
}

function oldQuery(query: URLSearchParams): unknown {
  try {
    return JSON.parse(query.get('q') ?? '{}');
  } catch {
    return refuse(400, 'bad_request', 'q: Invalid JSON');
  }
}

const COMPILED = ROUTES.map((r) => ({
  route: r,
  pattern: new RegExp(`^${r.path.replace(/\/$/, '').replace('{id}', '(\\d+)')}(/?)$`),
}));

export type Found = { readonly route: Route; readonly id: number; readonly redirect: boolean };

/** `redirect`: the path lacks its slash. */
export function findRoute(method: string, path: string): Found | null {
  for (const { route: r, pattern } of COMPILED) {
    const match = r.method === method ? pattern.exec(path) : null;
    if (match === null) continue;
    return { route: r, id: Number(match[1]), redirect: r.path.endsWith('/') && match.at(-1) !== '/' };
  }
  return null;
}
