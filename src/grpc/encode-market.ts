import type { Ban } from '../domain/host-registry.ts';
import type { CostView, HostView, QuotedOffer, QuoteView, RentingView, TenantCost } from '../engine/use-cases.ts';
import { encodeDollars, encodeDurationOrNone, encodeResources, encodeTime, encodeTimeOrNone } from './encode.ts';
import type { Ban as WireBan } from './generated/berth/v1/Ban.ts';
import type { GetCostsResponse as WireCosts } from './generated/berth/v1/GetCostsResponse.ts';
import type { HostStatus as WireHost } from './generated/berth/v1/HostStatus.ts';
import type { QuotedOffer as WireOffer } from './generated/berth/v1/QuotedOffer.ts';
import type { QuoteSessionResponse as WireQuote } from './generated/berth/v1/QuoteSessionResponse.ts';
import type { Renting as WireRenting } from './generated/berth/v1/Renting.ts';
import type { TenantCost as WireTenantCost } from './generated/berth/v1/TenantCost.ts';

export const encodeQuote = (q: QuoteView): WireQuote => ({
  provider: q.provider,
  readyInReserve: q.ready,
  offers: q.offers.map(encodeOffer),
  suitable: q.suitable,
  refused: q.refused,
  why: q.why,
  takeTime: encodeTime(q.takenAt),
});

const encodeOffer = (o: QuotedOffer): WireOffer => ({
  machineId: o.machine,
  hostId: o.host,
  region: o.region,
  granted: encodeResources(o.granted),
  pricePerHour: encodeDollars(o.microsPerHour),
  storagePricePerHour: encodeDollars(o.storageMicrosPerHour),
  expectedStart: encodeDurationOrNone(o.expectedStartMs),
  interruptible: o.interruptible,
  ...(o.reliability === null ? {} : { reliability: o.reliability }),
});

export const encodeHost = (h: HostView): WireHost => ({
  provider: h.provider,
  machineId: h.machine,
  hostId: h.host,
  ban: encodeBan(h.ban),
  hostBan: encodeBan(h.hostBan),
  starts: h.starts,
  startP50: encodeDurationOrNone(h.startP50Ms),
  startP90: encodeDurationOrNone(h.startP90Ms),
  losses: h.losses,
});

const encodeBan = (b: Ban | null): WireBan | null =>
  b === null
    ? null
    : {
        createTime: encodeTime(b.at),
        endTime: encodeTime(b.until),
        reason: b.reason,
        evidence: b.evidence,
        by: b.by,
      };

export const encodeRenting = (r: RentingView): WireRenting => ({
  on: r.on,
  by: r.by,
  time: encodeTimeOrNone(r.at),
  why: r.why,
});

export const encodeCosts = (c: CostView): WireCosts => ({
  tenants: c.tenants.map(encodeTenantCost),
  reservePricePerHour: encodeDollars(c.reserveMicrosPerHour),
  destroyingPricePerHour: encodeDollars(c.destroyingMicrosPerHour),
});

const encodeTenantCost = (t: TenantCost): WireTenantCost => ({
  tenant: t.tenant,
  pricePerHour: encodeDollars(t.microsPerHour),
  sessions: t.sessions,
  livingCost: encodeDollars(t.livingMicros),
  days: t.days.map(({ day, micros }) => ({ day, cost: encodeDollars(micros) })),
});
