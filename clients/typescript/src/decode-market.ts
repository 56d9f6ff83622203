import { decodeDurationOrNone, decodeResources, decodeTime } from './decode.ts';
import { BerthError } from './errors.ts';
import type { Ban__Output } from './generated/berth/v1/Ban.ts';
import type { GetCostsResponse__Output } from './generated/berth/v1/GetCostsResponse.ts';
import type { HostStatus__Output } from './generated/berth/v1/HostStatus.ts';
import type { QuotedOffer__Output } from './generated/berth/v1/QuotedOffer.ts';
import type { QuoteSessionResponse__Output } from './generated/berth/v1/QuoteSessionResponse.ts';
import type { Renting__Output } from './generated/berth/v1/Renting.ts';
import type { Ban, Costs, HostStatus, Quote, QuotedOffer, Renting } from './types-market.ts';

export const decodeQuote = (q: QuoteSessionResponse__Output): Quote => ({
  provider: q.provider,
  readyInReserve: q.readyInReserve,
  offers: q.offers.map(decodeOffer),
  suitable: q.suitable,
  refused: { ...q.refused },
  why: q.why,
  takeTime: decodeTime(q.takeTime),
});

const decodeOffer = (o: QuotedOffer__Output): QuotedOffer => ({
  machineId: o.machineId,
  hostId: o.hostId,
  region: o.region,
  granted: decodeResources(o.granted),
  pricePerHour: o.pricePerHour,
  storagePricePerHour: o.storagePricePerHour,
  expectedStartMs: decodeDurationOrNone(o.expectedStart),
  reliability: o.reliability ?? null,
  interruptible: o.interruptible,
});

/** @throws BerthError `internal` when the answer lacks its host */
export function decodeHost(h: HostStatus__Output | null): HostStatus {
  if (h === null) throw new BerthError('internal', 'the broker answered without a host');
  return {
    provider: h.provider,
    machineId: h.machineId,
    hostId: h.hostId,
    ban: decodeBan(h.ban),
    hostBan: decodeBan(h.hostBan),
    starts: h.starts,
    startP50Ms: decodeDurationOrNone(h.startP50),
    startP90Ms: decodeDurationOrNone(h.startP90),
    losses: h.losses,
  };
}

function decodeBan(b: Ban__Output | null): Ban | null {
  if (b === null) return null;
  const { reason, evidence, by } = b;
  return { createTime: decodeTime(b.createTime), endTime: decodeTime(b.endTime), reason, evidence, by };
}

/** A broker that knows of no switch rents. */
export const decodeRenting = (r: Renting__Output | null): Renting =>
  r === null ? { on: true, by: '', time: null, why: '' } : { on: r.on, by: r.by, time: decodeTime(r.time), why: r.why };

export const decodeCosts = (c: GetCostsResponse__Output): Costs => ({
  tenants: c.tenants.map(({ tenant, pricePerHour, sessions, livingCost, days }) => ({
    tenant,
    pricePerHour,
    sessions,
    livingCost,
    days: days.map(({ day, cost }) => ({ day, cost })),
  })),
  reservePricePerHour: c.reservePricePerHour,
  destroyingPricePerHour: c.destroyingPricePerHour,
});
