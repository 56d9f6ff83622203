import type { AdminUseCases, EventFilter, EventKind } from '../../engine/use-cases.ts';
import { type Edge, serverStream, unary } from '../call.ts';
import { done, timestampMs } from '../decode.ts';
import { encodeEvent } from '../encode-events.ts';
import type { EventFilter__Output as WireFilter } from '../generated/berth/v1/EventFilter.ts';
import type { ListEventsRequest__Output as ListRequest } from '../generated/berth/v1/ListEventsRequest.ts';
import type { ListEventsResponse } from '../generated/berth/v1/ListEventsResponse.ts';
import type { WatchEventsRequest__Output as WatchRequest } from '../generated/berth/v1/WatchEventsRequest.ts';
import type { WatchEventsResponse } from '../generated/berth/v1/WatchEventsResponse.ts';
import { CLASS_NAME, DEFAULT_PAGE_SIZE, EVENT_ID, ID, MAX_KINDS, PAGE_SIZE, TENANT } from '../rules.ts';
import { checkCount, checkNumber, checkText, refuse, shown, type Violations } from '../validate.ts';

const KINDS: readonly EventKind[] = ['session', 'instance', 'proxy', 'reserve', 'host', 'renting'];

export const listEvents = (edge: Edge, admin: AdminUseCases) =>
  unary<ListRequest, ListEventsResponse>(edge, 'ListEvents', 'admin', async (request, caller) => {
    const bad: Violations = [];
    const filter = decodeFilter(bad, request.filter);
    checkNumber(bad, 'page_size', request.pageSize, PAGE_SIZE);
    checkText(bad, 'after_id', request.afterId, EVENT_ID);
    const sinceAt = request.sinceTime === null ? null : timestampMs(bad, 'since_time', request.sinceTime);
    done(bad);
    const pageSize = request.pageSize || DEFAULT_PAGE_SIZE;
    const page = await admin.events(caller, { filter, pageSize, afterId: request.afterId, sinceAt });
    return { events: page.events.map(encodeEvent), lastId: page.lastId, more: page.more };
  });

export const watchEvents = (edge: Edge, admin: AdminUseCases) =>
  serverStream<WatchRequest, WatchEventsResponse>(
    edge,
    'WatchEvents',
    'admin',
    async function* (request, caller, signal) {
      const bad: Violations = [];
      const filter = decodeFilter(bad, request.filter);
      checkText(bad, 'after_id', request.afterId, EVENT_ID);
      done(bad);
      for await (const event of admin.watchEvents(caller, filter, request.afterId, signal))
        yield { event: encodeEvent(event) };
    },
  );

function decodeFilter(bad: Violations, wire: WireFilter | null): EventFilter {
  if (wire === null) return { kinds: [], session: null, class: null, tenant: null };
  const { sessionId, tenant } = wire;
  if (sessionId !== '') checkText(bad, 'filter.session_id', sessionId, ID);
  if (wire.class !== '') checkText(bad, 'filter.class', wire.class, CLASS_NAME);
  if (tenant !== '') checkText(bad, 'filter.tenant', tenant, TENANT);
  const kinds = decodeKinds(bad, wire.kinds);
  return { kinds, session: sessionId || null, class: wire.class || null, tenant: tenant || null };
}

function decodeKinds(bad: Violations, wire: readonly string[]): readonly EventKind[] {
  if (!checkCount(bad, 'filter.kinds', wire.length, MAX_KINDS, 'entries')) return [];
  return wire.flatMap((text, i) => {
    const kind = KINDS.find((k) => k === text);
    if (kind === undefined) refuse(bad, `filter.kinds[${i}]`, `is ${shown(text)}`, KINDS.join(', '));
    return kind ?? [];
  });
}
