import type { CallOptions, Calls } from './calls.ts';
import { decodeSession } from './decode.ts';
import {
  decodeClass,
  decodeEvent,
  decodeInstanceStatus,
  decodeQuota,
  decodeReserve,
  decodeStatus,
  decodeToken,
} from './decode-admin.ts';
import { encodeEvents } from './encode.ts';
import { type EventWatchOptions, watchEvents } from './events.ts';
import type { CreateTokenResponse__Output } from './generated/berth/v1/CreateTokenResponse.ts';
import type { GetQuotasResponse__Output } from './generated/berth/v1/GetQuotasResponse.ts';
import type { GetReserveResponse__Output } from './generated/berth/v1/GetReserveResponse.ts';
import type { GetStatusResponse__Output } from './generated/berth/v1/GetStatusResponse.ts';
import type { ListClassesResponse__Output } from './generated/berth/v1/ListClassesResponse.ts';
import type { ListEventsResponse__Output } from './generated/berth/v1/ListEventsResponse.ts';
import type { ListInstancesResponse__Output } from './generated/berth/v1/ListInstancesResponse.ts';
import type { ListTokensResponse__Output } from './generated/berth/v1/ListTokensResponse.ts';
import type { RevokeTokenResponse__Output } from './generated/berth/v1/RevokeTokenResponse.ts';
import type { SetReserveResponse__Output } from './generated/berth/v1/SetReserveResponse.ts';
import type { TerminateSessionResponse__Output } from './generated/berth/v1/TerminateSessionResponse.ts';
import type { Session } from './types.ts';
import type {
  BerthEvent,
  BrokerStatus,
  EventPage,
  EventQuery,
  InstanceStatus,
  Reserve,
  Role,
  SessionClass,
  TenantQuota,
  Token,
} from './types-admin.ts';

/** What admins call; `classes` and a tenant's own `quotas` are open to clients too. Without tokens, a caller on the broker's machine is an admin. */
export type AdminCalls = {
  classes(options?: CallOptions): Promise<readonly SessionClass[]>;
  /** @param target ready instances to keep, 0 to 100,000; `null`: back to what the class's configuration says */
  setReserve(className: string, target: number | null, options?: CallOptions): Promise<Reserve>;
  /** @param className left out: of every class */
  reserves(className?: string, options?: CallOptions): Promise<readonly Reserve[]>;
  /** Ends any tenant's session, with reason `admin`. @param detail why, 0 to 512 characters */
  terminate(id: string, detail?: string, options?: CallOptions): Promise<Session>;
  status(options?: CallOptions): Promise<BrokerStatus>;
  /** Every instance that exists or is being made, in order of creation, page by page. @param className only of it */
  instances(className?: string, options?: CallOptions): AsyncGenerator<InstanceStatus, void, undefined>;
  /** One page of the event log. */
  events(query?: EventQuery, options?: CallOptions): Promise<EventPage>;
  /** Events as they happen, after those behind `afterId`. Goes on after a broken connection: none is left out, and
   *  none comes twice. */
  watchEvents(options?: EventWatchOptions): AsyncGenerator<BerthEvent, void, undefined>;
  /** @param tenant left out: for an admin all, for a client its own */
  quotas(tenant?: string, options?: CallOptions): Promise<readonly TenantQuota[]>;
  /** `secret` is shown this once. Not tried again: a second try could make a second token. */
  createToken(
    token: { readonly tenant: string; readonly role: Role; readonly note?: string },
    options?: CallOptions,
  ): Promise<{ readonly token: Token; readonly secret: string }>;
  tokens(options?: CallOptions): Promise<readonly Token[]>;
  /** Revoking twice is not an error. */
  revokeToken(id: string, options?: CallOptions): Promise<void>;
};

export function createAdminCalls(calls: Calls): AdminCalls {
  return { ...createChanges(calls), ...createReads(calls) };
}

type Reads = 'instances' | 'events' | 'watchEvents' | 'quotas';

function createReads(calls: Calls): Pick<AdminCalls, Reads> {
  const {
    call,
    channel: { admin },
  } = calls;
  return {
    async *instances(className = '', options) {
      let pageToken = '';
      do {
        const request = { class: className, pageSize: 1_000, pageToken };
        const page = await call<ListInstancesResponse__Output>(
          (m, o, done) => admin.listInstances(request, m, o, done),
          options,
        );
        yield* page.instances.map(decodeInstanceStatus);
        pageToken = page.nextPageToken;
      } while (pageToken !== '');
    },
    async events(query = {}, options) {
      const request = encodeEvents(query);
      const { events, lastId, more } = await call<ListEventsResponse__Output>(
        (m, o, done) => admin.listEvents(request, m, o, done),
        options,
      );
      return { events: events.map(decodeEvent), lastId, more };
    },
    watchEvents: (options) => watchEvents(calls, options),
    async quotas(tenant = '', options) {
      const { quotas } = await call<GetQuotasResponse__Output>(
        (m, o, done) => admin.getQuotas({ tenant }, m, o, done),
        options,
      );
      return quotas.map(decodeQuota);
    },
  };
}

function createChanges({ call, channel: { admin } }: Calls): Omit<AdminCalls, Reads> {
  return {
    async classes(options) {
      return (
        await call<ListClassesResponse__Output>((m, o, done) => admin.listClasses({}, m, o, done), options)
      ).classes.map(decodeClass);
    },
    async setReserve(className, target, options) {
      const request = target === null ? { class: className } : { class: className, target };
      return decodeReserve(
        (await call<SetReserveResponse__Output>((m, o, done) => admin.setReserve(request, m, o, done), options))
          .reserve,
      );
    },
    async reserves(className = '', options) {
      const request = { class: className };
      return (
        await call<GetReserveResponse__Output>((m, o, done) => admin.getReserve(request, m, o, done), options)
      ).reserves.map(decodeReserve);
    },
    async terminate(id, detail = '', options) {
      const request = { id, detail };
      return decodeSession(
        (
          await call<TerminateSessionResponse__Output>(
            (m, o, done) => admin.terminateSession(request, m, o, done),
            options,
          )
        ).session,
      );
    },
    async status(options) {
      return decodeStatus(
        await call<GetStatusResponse__Output>((m, o, done) => admin.getStatus({}, m, o, done), options),
      );
    },
    async createToken({ tenant, role, note = '' }, options) {
      const request = { tenant, role: role === 'admin' ? 'ROLE_ADMIN' : 'ROLE_CLIENT', note } as const;
      const once = { ...options, retryForMs: 0 };
      const answer = await call<CreateTokenResponse__Output>(
        (m, o, done) => admin.createToken(request, m, o, done),
        once,
      );
      return { token: decodeToken(answer.token), secret: answer.secret };
    },
    async tokens(options) {
      return (
        await call<ListTokensResponse__Output>((m, o, done) => admin.listTokens({}, m, o, done), options)
      ).tokens.map(decodeToken);
    },
    async revokeToken(id, options) {
      await call<RevokeTokenResponse__Output>((m, o, done) => admin.revokeToken({ id }, m, o, done), options);
    },
  };
}
