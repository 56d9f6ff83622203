import type { AdminUseCases } from '../../engine/use-cases.ts';
import { type Edge, unary } from '../call.ts';
import { done } from '../decode.ts';
import { encodeCosts, encodeRenting } from '../encode-market.ts';
import type { GetCostsRequest__Output as CostsRequest } from '../generated/berth/v1/GetCostsRequest.ts';
import type { GetCostsResponse } from '../generated/berth/v1/GetCostsResponse.ts';
import type { SetRentingRequest__Output as RentingRequest } from '../generated/berth/v1/SetRentingRequest.ts';
import type { SetRentingResponse } from '../generated/berth/v1/SetRentingResponse.ts';
import { COST_DAYS, DEFAULT_COST_DAYS, NOTE, TENANT } from '../rules.ts';
import { checkNumber, checkText, type Violations } from '../validate.ts';

/** A client may ask for its own tenant's. */
export const getCosts = (edge: Edge, admin: AdminUseCases) =>
  unary<CostsRequest, GetCostsResponse>(edge, 'GetCosts', 'client', async (request, caller) => {
    const bad: Violations = [];
    if (request.tenant !== '') checkText(bad, 'tenant', request.tenant, TENANT);
    checkNumber(bad, 'days', request.days, COST_DAYS);
    done(bad);
    return encodeCosts(await admin.costs(caller, request.tenant || null, request.days || DEFAULT_COST_DAYS));
  });

export const setRenting = (edge: Edge, admin: AdminUseCases) =>
  unary<RentingRequest, SetRentingResponse>(edge, 'SetRenting', 'admin', async (request, caller) => {
    const bad: Violations = [];
    checkText(bad, 'why', request.why, NOTE);
    done(bad);
    return { renting: encodeRenting(await admin.setRenting(caller, request.on, request.why)) };
  });
