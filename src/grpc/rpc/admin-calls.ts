import type { Role } from '../../domain/caller.ts';
import type { SessionId } from '../../domain/ids.ts';
import type { AdminUseCases } from '../../engine/use-cases.ts';
import { type Edge, unary } from '../call.ts';
import { done, enumValue } from '../decode.ts';
import { encodeSession } from '../encode.ts';
import { encodeClass, encodeQuota, encodeReserve, encodeStatus, encodeToken } from '../encode-admin.ts';
import type { CreateTokenRequest__Output as CreateRequest } from '../generated/berth/v1/CreateTokenRequest.ts';
import type { CreateTokenResponse as CreateResponse } from '../generated/berth/v1/CreateTokenResponse.ts';
import type { GetQuotasRequest__Output as GetQuotasRequest } from '../generated/berth/v1/GetQuotasRequest.ts';
import type { GetQuotasResponse } from '../generated/berth/v1/GetQuotasResponse.ts';
import type { GetReserveRequest__Output as GetReserveRequest } from '../generated/berth/v1/GetReserveRequest.ts';
import type { GetReserveResponse } from '../generated/berth/v1/GetReserveResponse.ts';
import type { GetStatusResponse } from '../generated/berth/v1/GetStatusResponse.ts';
import type { ListClassesResponse } from '../generated/berth/v1/ListClassesResponse.ts';
import type { ListTokensResponse } from '../generated/berth/v1/ListTokensResponse.ts';
import type { RevokeTokenRequest__Output as RevokeRequest } from '../generated/berth/v1/RevokeTokenRequest.ts';
import type { Role__Output as WireRole } from '../generated/berth/v1/Role.ts';
import type { SetReserveRequest__Output as SetReserveRequest } from '../generated/berth/v1/SetReserveRequest.ts';
import type { SetReserveResponse } from '../generated/berth/v1/SetReserveResponse.ts';
import type { TerminateSessionRequest__Output as TerminateRequest } from '../generated/berth/v1/TerminateSessionRequest.ts';
import type { TerminateSessionResponse } from '../generated/berth/v1/TerminateSessionResponse.ts';
import { CLASS_NAME, DETAIL, ID, NOTE, RESERVE_TARGET, TENANT } from '../rules.ts';
import { checkNumber, checkText, type Violations } from '../validate.ts';

const ROLE: Readonly<Record<WireRole, Role | null>> = {
  ROLE_UNSPECIFIED: null,
  ROLE_CLIENT: 'client',
  ROLE_ADMIN: 'admin',
};

export const listClasses = (edge: Edge, admin: AdminUseCases) =>
  unary<object, ListClassesResponse>(edge, 'ListClasses', 'client', async (_, caller) => ({
    classes: (await admin.classes(caller)).map(encodeClass),
  }));

export const setReserve = (edge: Edge, admin: AdminUseCases) =>
  unary<SetReserveRequest, SetReserveResponse>(edge, 'SetReserve', 'admin', async (request, caller) => {
    const bad: Violations = [];
    checkText(bad, 'class', request.class, CLASS_NAME);
    const { target = null } = request;
    if (target !== null) checkNumber(bad, 'target', target, RESERVE_TARGET);
    done(bad);
    return { reserve: encodeReserve(await admin.setReserve(caller, request.class, target)) };
  });

export const getReserve = (edge: Edge, admin: AdminUseCases) =>
  unary<GetReserveRequest, GetReserveResponse>(edge, 'GetReserve', 'admin', async (request, caller) => {
    const bad: Violations = [];
    if (request.class !== '') checkText(bad, 'class', request.class, CLASS_NAME);
    done(bad);
    return { reserves: (await admin.reserves(caller, request.class || null)).map(encodeReserve) };
  });

/** A client may ask for its own tenant's. */
export const getQuotas = (edge: Edge, admin: AdminUseCases) =>
  unary<GetQuotasRequest, GetQuotasResponse>(edge, 'GetQuotas', 'client', async (request, caller) => {
    const bad: Violations = [];
    if (request.tenant !== '') checkText(bad, 'tenant', request.tenant, TENANT);
    done(bad);
    return { quotas: (await admin.quotas(caller, request.tenant || null)).map(encodeQuota) };
  });

export const terminateSession = (edge: Edge, admin: AdminUseCases) =>
  unary<TerminateRequest, TerminateSessionResponse>(edge, 'TerminateSession', 'admin', async (request, caller) => {
    const bad: Violations = [];
    checkText(bad, 'id', request.id, ID);
    checkText(bad, 'detail', request.detail, DETAIL);
    done(bad);
    // An id of another form is of no session: the use case says so.
    return { session: encodeSession(await admin.terminate(caller, request.id as SessionId, request.detail)) };
  });

export const getStatus = (edge: Edge, admin: AdminUseCases) =>
  unary<object, GetStatusResponse>(edge, 'GetStatus', 'admin', async (_, caller) =>
    encodeStatus(await admin.status(caller)),
  );

export const createToken = (edge: Edge, admin: AdminUseCases) =>
  unary<CreateRequest, CreateResponse>(edge, 'CreateToken', 'admin', async (request, caller) => {
    const bad: Violations = [];
    checkText(bad, 'tenant', request.tenant, TENANT);
    checkText(bad, 'note', request.note, NOTE);
    const role = enumValue(bad, 'role', request.role, ROLE) ?? 'client';
    done(bad);
    const { token, secret } = await admin.createToken(caller, request.tenant, role, request.note);
    return { token: encodeToken(token), secret };
  });

export const listTokens = (edge: Edge, admin: AdminUseCases) =>
  unary<object, ListTokensResponse>(edge, 'ListTokens', 'admin', async (_, caller) => ({
    tokens: (await admin.listTokens(caller)).map(encodeToken),
  }));

export const revokeToken = (edge: Edge, admin: AdminUseCases) =>
  unary<RevokeRequest, object>(edge, 'RevokeToken', 'admin', async (request, caller) => {
    const bad: Violations = [];
    checkText(bad, 'id', request.id, ID);
    done(bad);
    await admin.revokeToken(caller, request.id);
    return {};
  });
