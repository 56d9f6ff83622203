// Original file: proto/berth/v1/admin.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { BanHostRequest as _berth_v1_BanHostRequest, BanHostRequest__Output as _berth_v1_BanHostRequest__Output } from '../../berth/v1/BanHostRequest.ts';
import type { BanHostResponse as _berth_v1_BanHostResponse, BanHostResponse__Output as _berth_v1_BanHostResponse__Output } from '../../berth/v1/BanHostResponse.ts';
import type { CreateTokenRequest as _berth_v1_CreateTokenRequest, CreateTokenRequest__Output as _berth_v1_CreateTokenRequest__Output } from '../../berth/v1/CreateTokenRequest.ts';
import type { CreateTokenResponse as _berth_v1_CreateTokenResponse, CreateTokenResponse__Output as _berth_v1_CreateTokenResponse__Output } from '../../berth/v1/CreateTokenResponse.ts';
import type { GetCostsRequest as _berth_v1_GetCostsRequest, GetCostsRequest__Output as _berth_v1_GetCostsRequest__Output } from '../../berth/v1/GetCostsRequest.ts';
import type { GetCostsResponse as _berth_v1_GetCostsResponse, GetCostsResponse__Output as _berth_v1_GetCostsResponse__Output } from '../../berth/v1/GetCostsResponse.ts';
import type { GetQuotasRequest as _berth_v1_GetQuotasRequest, GetQuotasRequest__Output as _berth_v1_GetQuotasRequest__Output } from '../../berth/v1/GetQuotasRequest.ts';
import type { GetQuotasResponse as _berth_v1_GetQuotasResponse, GetQuotasResponse__Output as _berth_v1_GetQuotasResponse__Output } from '../../berth/v1/GetQuotasResponse.ts';
import type { GetReserveRequest as _berth_v1_GetReserveRequest, GetReserveRequest__Output as _berth_v1_GetReserveRequest__Output } from '../../berth/v1/GetReserveRequest.ts';
import type { GetReserveResponse as _berth_v1_GetReserveResponse, GetReserveResponse__Output as _berth_v1_GetReserveResponse__Output } from '../../berth/v1/GetReserveResponse.ts';
import type { GetStatusRequest as _berth_v1_GetStatusRequest, GetStatusRequest__Output as _berth_v1_GetStatusRequest__Output } from '../../berth/v1/GetStatusRequest.ts';
import type { GetStatusResponse as _berth_v1_GetStatusResponse, GetStatusResponse__Output as _berth_v1_GetStatusResponse__Output } from '../../berth/v1/GetStatusResponse.ts';
import type { ListClassesRequest as _berth_v1_ListClassesRequest, ListClassesRequest__Output as _berth_v1_ListClassesRequest__Output } from '../../berth/v1/ListClassesRequest.ts';
import type { ListClassesResponse as _berth_v1_ListClassesResponse, ListClassesResponse__Output as _berth_v1_ListClassesResponse__Output } from '../../berth/v1/ListClassesResponse.ts';
import type { ListEventsRequest as _berth_v1_ListEventsRequest, ListEventsRequest__Output as _berth_v1_ListEventsRequest__Output } from '../../berth/v1/ListEventsRequest.ts';
import type { ListEventsResponse as _berth_v1_ListEventsResponse, ListEventsResponse__Output as _berth_v1_ListEventsResponse__Output } from '../../berth/v1/ListEventsResponse.ts';
import type { ListHostsRequest as _berth_v1_ListHostsRequest, ListHostsRequest__Output as _berth_v1_ListHostsRequest__Output } from '../../berth/v1/ListHostsRequest.ts';
import type { ListHostsResponse as _berth_v1_ListHostsResponse, ListHostsResponse__Output as _berth_v1_ListHostsResponse__Output } from '../../berth/v1/ListHostsResponse.ts';
import type { ListInstancesRequest as _berth_v1_ListInstancesRequest, ListInstancesRequest__Output as _berth_v1_ListInstancesRequest__Output } from '../../berth/v1/ListInstancesRequest.ts';
import type { ListInstancesResponse as _berth_v1_ListInstancesResponse, ListInstancesResponse__Output as _berth_v1_ListInstancesResponse__Output } from '../../berth/v1/ListInstancesResponse.ts';
import type { ListTokensRequest as _berth_v1_ListTokensRequest, ListTokensRequest__Output as _berth_v1_ListTokensRequest__Output } from '../../berth/v1/ListTokensRequest.ts';
import type { ListTokensResponse as _berth_v1_ListTokensResponse, ListTokensResponse__Output as _berth_v1_ListTokensResponse__Output } from '../../berth/v1/ListTokensResponse.ts';
import type { RevokeTokenRequest as _berth_v1_RevokeTokenRequest, RevokeTokenRequest__Output as _berth_v1_RevokeTokenRequest__Output } from '../../berth/v1/RevokeTokenRequest.ts';
import type { RevokeTokenResponse as _berth_v1_RevokeTokenResponse, RevokeTokenResponse__Output as _berth_v1_RevokeTokenResponse__Output } from '../../berth/v1/RevokeTokenResponse.ts';
import type { SetRentingRequest as _berth_v1_SetRentingRequest, SetRentingRequest__Output as _berth_v1_SetRentingRequest__Output } from '../../berth/v1/SetRentingRequest.ts';
import type { SetRentingResponse as _berth_v1_SetRentingResponse, SetRentingResponse__Output as _berth_v1_SetRentingResponse__Output } from '../../berth/v1/SetRentingResponse.ts';
import type { SetReserveRequest as _berth_v1_SetReserveRequest, SetReserveRequest__Output as _berth_v1_SetReserveRequest__Output } from '../../berth/v1/SetReserveRequest.ts';
import type { SetReserveResponse as _berth_v1_SetReserveResponse, SetReserveResponse__Output as _berth_v1_SetReserveResponse__Output } from '../../berth/v1/SetReserveResponse.ts';
import type { TerminateSessionRequest as _berth_v1_TerminateSessionRequest, TerminateSessionRequest__Output as _berth_v1_TerminateSessionRequest__Output } from '../../berth/v1/TerminateSessionRequest.ts';
import type { TerminateSessionResponse as _berth_v1_TerminateSessionResponse, TerminateSessionResponse__Output as _berth_v1_TerminateSessionResponse__Output } from '../../berth/v1/TerminateSessionResponse.ts';
import type { UnbanHostRequest as _berth_v1_UnbanHostRequest, UnbanHostRequest__Output as _berth_v1_UnbanHostRequest__Output } from '../../berth/v1/UnbanHostRequest.ts';
import type { UnbanHostResponse as _berth_v1_UnbanHostResponse, UnbanHostResponse__Output as _berth_v1_UnbanHostResponse__Output } from '../../berth/v1/UnbanHostResponse.ts';
import type { WatchEventsRequest as _berth_v1_WatchEventsRequest, WatchEventsRequest__Output as _berth_v1_WatchEventsRequest__Output } from '../../berth/v1/WatchEventsRequest.ts';
import type { WatchEventsResponse as _berth_v1_WatchEventsResponse, WatchEventsResponse__Output as _berth_v1_WatchEventsResponse__Output } from '../../berth/v1/WatchEventsResponse.ts';

/**
 * What admins call. Every call needs the role "admin" but ListClasses, and GetQuotas and GetCosts of the caller's own
 * tenant, which are open to clients too.
 * Errors are as described at SessionBroker.
 */
export interface BrokerAdminClient extends grpc.Client {
  /**
   * Sees that nothing is rented on a machine, or on any machine of a host, for a time. What runs there goes on.
   * Banning again sets term and reason anew. INVALID_ARGUMENT names a provider that is not configured.
   */
  BanHost(argument: _berth_v1_BanHostRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_BanHostResponse__Output>): grpc.ClientUnaryCall;
  BanHost(argument: _berth_v1_BanHostRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_BanHostResponse__Output>): grpc.ClientUnaryCall;
  BanHost(argument: _berth_v1_BanHostRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_BanHostResponse__Output>): grpc.ClientUnaryCall;
  BanHost(argument: _berth_v1_BanHostRequest, callback: grpc.requestCallback<_berth_v1_BanHostResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Sees that nothing is rented on a machine, or on any machine of a host, for a time. What runs there goes on.
   * Banning again sets term and reason anew. INVALID_ARGUMENT names a provider that is not configured.
   */
  banHost(argument: _berth_v1_BanHostRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_BanHostResponse__Output>): grpc.ClientUnaryCall;
  banHost(argument: _berth_v1_BanHostRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_BanHostResponse__Output>): grpc.ClientUnaryCall;
  banHost(argument: _berth_v1_BanHostRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_BanHostResponse__Output>): grpc.ClientUnaryCall;
  banHost(argument: _berth_v1_BanHostRequest, callback: grpc.requestCallback<_berth_v1_BanHostResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Makes a bearer token. It is shown once; only its hash is kept.
   * The first token must be an admin's: from then on every call needs one.
   */
  CreateToken(argument: _berth_v1_CreateTokenRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_CreateTokenResponse__Output>): grpc.ClientUnaryCall;
  CreateToken(argument: _berth_v1_CreateTokenRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_CreateTokenResponse__Output>): grpc.ClientUnaryCall;
  CreateToken(argument: _berth_v1_CreateTokenRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_CreateTokenResponse__Output>): grpc.ClientUnaryCall;
  CreateToken(argument: _berth_v1_CreateTokenRequest, callback: grpc.requestCallback<_berth_v1_CreateTokenResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Makes a bearer token. It is shown once; only its hash is kept.
   * The first token must be an admin's: from then on every call needs one.
   */
  createToken(argument: _berth_v1_CreateTokenRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_CreateTokenResponse__Output>): grpc.ClientUnaryCall;
  createToken(argument: _berth_v1_CreateTokenRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_CreateTokenResponse__Output>): grpc.ClientUnaryCall;
  createToken(argument: _berth_v1_CreateTokenRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_CreateTokenResponse__Output>): grpc.ClientUnaryCall;
  createToken(argument: _berth_v1_CreateTokenRequest, callback: grpc.requestCallback<_berth_v1_CreateTokenResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * What tenants spend and have spent, by berth's own meter: prices times hours, not the provider's bill. A client may
   * ask for its own tenant's.
   */
  GetCosts(argument: _berth_v1_GetCostsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_GetCostsResponse__Output>): grpc.ClientUnaryCall;
  GetCosts(argument: _berth_v1_GetCostsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_GetCostsResponse__Output>): grpc.ClientUnaryCall;
  GetCosts(argument: _berth_v1_GetCostsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_GetCostsResponse__Output>): grpc.ClientUnaryCall;
  GetCosts(argument: _berth_v1_GetCostsRequest, callback: grpc.requestCallback<_berth_v1_GetCostsResponse__Output>): grpc.ClientUnaryCall;
  /**
   * What tenants spend and have spent, by berth's own meter: prices times hours, not the provider's bill. A client may
   * ask for its own tenant's.
   */
  getCosts(argument: _berth_v1_GetCostsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_GetCostsResponse__Output>): grpc.ClientUnaryCall;
  getCosts(argument: _berth_v1_GetCostsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_GetCostsResponse__Output>): grpc.ClientUnaryCall;
  getCosts(argument: _berth_v1_GetCostsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_GetCostsResponse__Output>): grpc.ClientUnaryCall;
  getCosts(argument: _berth_v1_GetCostsRequest, callback: grpc.requestCallback<_berth_v1_GetCostsResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Quotas of tenants and what is used of them. A client may ask for its own tenant's.
   */
  GetQuotas(argument: _berth_v1_GetQuotasRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_GetQuotasResponse__Output>): grpc.ClientUnaryCall;
  GetQuotas(argument: _berth_v1_GetQuotasRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_GetQuotasResponse__Output>): grpc.ClientUnaryCall;
  GetQuotas(argument: _berth_v1_GetQuotasRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_GetQuotasResponse__Output>): grpc.ClientUnaryCall;
  GetQuotas(argument: _berth_v1_GetQuotasRequest, callback: grpc.requestCallback<_berth_v1_GetQuotasResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Quotas of tenants and what is used of them. A client may ask for its own tenant's.
   */
  getQuotas(argument: _berth_v1_GetQuotasRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_GetQuotasResponse__Output>): grpc.ClientUnaryCall;
  getQuotas(argument: _berth_v1_GetQuotasRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_GetQuotasResponse__Output>): grpc.ClientUnaryCall;
  getQuotas(argument: _berth_v1_GetQuotasRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_GetQuotasResponse__Output>): grpc.ClientUnaryCall;
  getQuotas(argument: _berth_v1_GetQuotasRequest, callback: grpc.requestCallback<_berth_v1_GetQuotasResponse__Output>): grpc.ClientUnaryCall;
  
  GetReserve(argument: _berth_v1_GetReserveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_GetReserveResponse__Output>): grpc.ClientUnaryCall;
  GetReserve(argument: _berth_v1_GetReserveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_GetReserveResponse__Output>): grpc.ClientUnaryCall;
  GetReserve(argument: _berth_v1_GetReserveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_GetReserveResponse__Output>): grpc.ClientUnaryCall;
  GetReserve(argument: _berth_v1_GetReserveRequest, callback: grpc.requestCallback<_berth_v1_GetReserveResponse__Output>): grpc.ClientUnaryCall;
  getReserve(argument: _berth_v1_GetReserveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_GetReserveResponse__Output>): grpc.ClientUnaryCall;
  getReserve(argument: _berth_v1_GetReserveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_GetReserveResponse__Output>): grpc.ClientUnaryCall;
  getReserve(argument: _berth_v1_GetReserveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_GetReserveResponse__Output>): grpc.ClientUnaryCall;
  getReserve(argument: _berth_v1_GetReserveRequest, callback: grpc.requestCallback<_berth_v1_GetReserveResponse__Output>): grpc.ClientUnaryCall;
  
  GetStatus(argument: _berth_v1_GetStatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _berth_v1_GetStatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _berth_v1_GetStatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _berth_v1_GetStatusRequest, callback: grpc.requestCallback<_berth_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _berth_v1_GetStatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _berth_v1_GetStatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _berth_v1_GetStatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _berth_v1_GetStatusRequest, callback: grpc.requestCallback<_berth_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  
  ListClasses(argument: _berth_v1_ListClassesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_ListClassesResponse__Output>): grpc.ClientUnaryCall;
  ListClasses(argument: _berth_v1_ListClassesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_ListClassesResponse__Output>): grpc.ClientUnaryCall;
  ListClasses(argument: _berth_v1_ListClassesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_ListClassesResponse__Output>): grpc.ClientUnaryCall;
  ListClasses(argument: _berth_v1_ListClassesRequest, callback: grpc.requestCallback<_berth_v1_ListClassesResponse__Output>): grpc.ClientUnaryCall;
  listClasses(argument: _berth_v1_ListClassesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_ListClassesResponse__Output>): grpc.ClientUnaryCall;
  listClasses(argument: _berth_v1_ListClassesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_ListClassesResponse__Output>): grpc.ClientUnaryCall;
  listClasses(argument: _berth_v1_ListClassesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_ListClassesResponse__Output>): grpc.ClientUnaryCall;
  listClasses(argument: _berth_v1_ListClassesRequest, callback: grpc.requestCallback<_berth_v1_ListClassesResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * The event log: every change of phase of sessions, instances and proxies, every warning of an end, every
   * replacement of a lost instance, every change of a reserve target, every ban and its end, and every turn of the
   * renting switch.
   * Kept 30 d, up to a number of events.
   */
  ListEvents(argument: _berth_v1_ListEventsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_ListEventsResponse__Output>): grpc.ClientUnaryCall;
  ListEvents(argument: _berth_v1_ListEventsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_ListEventsResponse__Output>): grpc.ClientUnaryCall;
  ListEvents(argument: _berth_v1_ListEventsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_ListEventsResponse__Output>): grpc.ClientUnaryCall;
  ListEvents(argument: _berth_v1_ListEventsRequest, callback: grpc.requestCallback<_berth_v1_ListEventsResponse__Output>): grpc.ClientUnaryCall;
  /**
   * The event log: every change of phase of sessions, instances and proxies, every warning of an end, every
   * replacement of a lost instance, every change of a reserve target, every ban and its end, and every turn of the
   * renting switch.
   * Kept 30 d, up to a number of events.
   */
  listEvents(argument: _berth_v1_ListEventsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_ListEventsResponse__Output>): grpc.ClientUnaryCall;
  listEvents(argument: _berth_v1_ListEventsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_ListEventsResponse__Output>): grpc.ClientUnaryCall;
  listEvents(argument: _berth_v1_ListEventsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_ListEventsResponse__Output>): grpc.ClientUnaryCall;
  listEvents(argument: _berth_v1_ListEventsRequest, callback: grpc.requestCallback<_berth_v1_ListEventsResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Machines and their hosts that are banned, or of which starts or losses are known: by provider, its hosts before its
   * machines, each in order of id.
   */
  ListHosts(argument: _berth_v1_ListHostsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_ListHostsResponse__Output>): grpc.ClientUnaryCall;
  ListHosts(argument: _berth_v1_ListHostsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_ListHostsResponse__Output>): grpc.ClientUnaryCall;
  ListHosts(argument: _berth_v1_ListHostsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_ListHostsResponse__Output>): grpc.ClientUnaryCall;
  ListHosts(argument: _berth_v1_ListHostsRequest, callback: grpc.requestCallback<_berth_v1_ListHostsResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Machines and their hosts that are banned, or of which starts or losses are known: by provider, its hosts before its
   * machines, each in order of id.
   */
  listHosts(argument: _berth_v1_ListHostsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_ListHostsResponse__Output>): grpc.ClientUnaryCall;
  listHosts(argument: _berth_v1_ListHostsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_ListHostsResponse__Output>): grpc.ClientUnaryCall;
  listHosts(argument: _berth_v1_ListHostsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_ListHostsResponse__Output>): grpc.ClientUnaryCall;
  listHosts(argument: _berth_v1_ListHostsRequest, callback: grpc.requestCallback<_berth_v1_ListHostsResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Instances that exist or are being made, in order of id, which is the order of creation.
   */
  ListInstances(argument: _berth_v1_ListInstancesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_ListInstancesResponse__Output>): grpc.ClientUnaryCall;
  ListInstances(argument: _berth_v1_ListInstancesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_ListInstancesResponse__Output>): grpc.ClientUnaryCall;
  ListInstances(argument: _berth_v1_ListInstancesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_ListInstancesResponse__Output>): grpc.ClientUnaryCall;
  ListInstances(argument: _berth_v1_ListInstancesRequest, callback: grpc.requestCallback<_berth_v1_ListInstancesResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Instances that exist or are being made, in order of id, which is the order of creation.
   */
  listInstances(argument: _berth_v1_ListInstancesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_ListInstancesResponse__Output>): grpc.ClientUnaryCall;
  listInstances(argument: _berth_v1_ListInstancesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_ListInstancesResponse__Output>): grpc.ClientUnaryCall;
  listInstances(argument: _berth_v1_ListInstancesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_ListInstancesResponse__Output>): grpc.ClientUnaryCall;
  listInstances(argument: _berth_v1_ListInstancesRequest, callback: grpc.requestCallback<_berth_v1_ListInstancesResponse__Output>): grpc.ClientUnaryCall;
  
  ListTokens(argument: _berth_v1_ListTokensRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_ListTokensResponse__Output>): grpc.ClientUnaryCall;
  ListTokens(argument: _berth_v1_ListTokensRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_ListTokensResponse__Output>): grpc.ClientUnaryCall;
  ListTokens(argument: _berth_v1_ListTokensRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_ListTokensResponse__Output>): grpc.ClientUnaryCall;
  ListTokens(argument: _berth_v1_ListTokensRequest, callback: grpc.requestCallback<_berth_v1_ListTokensResponse__Output>): grpc.ClientUnaryCall;
  listTokens(argument: _berth_v1_ListTokensRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_ListTokensResponse__Output>): grpc.ClientUnaryCall;
  listTokens(argument: _berth_v1_ListTokensRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_ListTokensResponse__Output>): grpc.ClientUnaryCall;
  listTokens(argument: _berth_v1_ListTokensRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_ListTokensResponse__Output>): grpc.ClientUnaryCall;
  listTokens(argument: _berth_v1_ListTokensRequest, callback: grpc.requestCallback<_berth_v1_ListTokensResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Revoking twice is not an error. The last admin token can be revoked only when no other token is left.
   */
  RevokeToken(argument: _berth_v1_RevokeTokenRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_RevokeTokenResponse__Output>): grpc.ClientUnaryCall;
  RevokeToken(argument: _berth_v1_RevokeTokenRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_RevokeTokenResponse__Output>): grpc.ClientUnaryCall;
  RevokeToken(argument: _berth_v1_RevokeTokenRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_RevokeTokenResponse__Output>): grpc.ClientUnaryCall;
  RevokeToken(argument: _berth_v1_RevokeTokenRequest, callback: grpc.requestCallback<_berth_v1_RevokeTokenResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Revoking twice is not an error. The last admin token can be revoked only when no other token is left.
   */
  revokeToken(argument: _berth_v1_RevokeTokenRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_RevokeTokenResponse__Output>): grpc.ClientUnaryCall;
  revokeToken(argument: _berth_v1_RevokeTokenRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_RevokeTokenResponse__Output>): grpc.ClientUnaryCall;
  revokeToken(argument: _berth_v1_RevokeTokenRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_RevokeTokenResponse__Output>): grpc.ClientUnaryCall;
  revokeToken(argument: _berth_v1_RevokeTokenRequest, callback: grpc.requestCallback<_berth_v1_RevokeTokenResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Stops all renting at once, or allows it again. Off: no provider is asked for an instance, not for a session, not
   * for the reserve; sessions that need one wait. What runs goes on, the reserve is handed out, what is over is
   * destroyed. Kept over restarts.
   */
  SetRenting(argument: _berth_v1_SetRentingRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_SetRentingResponse__Output>): grpc.ClientUnaryCall;
  SetRenting(argument: _berth_v1_SetRentingRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_SetRentingResponse__Output>): grpc.ClientUnaryCall;
  SetRenting(argument: _berth_v1_SetRentingRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_SetRentingResponse__Output>): grpc.ClientUnaryCall;
  SetRenting(argument: _berth_v1_SetRentingRequest, callback: grpc.requestCallback<_berth_v1_SetRentingResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Stops all renting at once, or allows it again. Off: no provider is asked for an instance, not for a session, not
   * for the reserve; sessions that need one wait. What runs goes on, the reserve is handed out, what is over is
   * destroyed. Kept over restarts.
   */
  setRenting(argument: _berth_v1_SetRentingRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_SetRentingResponse__Output>): grpc.ClientUnaryCall;
  setRenting(argument: _berth_v1_SetRentingRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_SetRentingResponse__Output>): grpc.ClientUnaryCall;
  setRenting(argument: _berth_v1_SetRentingRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_SetRentingResponse__Output>): grpc.ClientUnaryCall;
  setRenting(argument: _berth_v1_SetRentingRequest, callback: grpc.requestCallback<_berth_v1_SetRentingResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Sets how many ready instances a class keeps. Kept over restarts.
   */
  SetReserve(argument: _berth_v1_SetReserveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_SetReserveResponse__Output>): grpc.ClientUnaryCall;
  SetReserve(argument: _berth_v1_SetReserveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_SetReserveResponse__Output>): grpc.ClientUnaryCall;
  SetReserve(argument: _berth_v1_SetReserveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_SetReserveResponse__Output>): grpc.ClientUnaryCall;
  SetReserve(argument: _berth_v1_SetReserveRequest, callback: grpc.requestCallback<_berth_v1_SetReserveResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Sets how many ready instances a class keeps. Kept over restarts.
   */
  setReserve(argument: _berth_v1_SetReserveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_SetReserveResponse__Output>): grpc.ClientUnaryCall;
  setReserve(argument: _berth_v1_SetReserveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_SetReserveResponse__Output>): grpc.ClientUnaryCall;
  setReserve(argument: _berth_v1_SetReserveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_SetReserveResponse__Output>): grpc.ClientUnaryCall;
  setReserve(argument: _berth_v1_SetReserveRequest, callback: grpc.requestCallback<_berth_v1_SetReserveResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Ends any tenant's session, with reason ADMIN.
   */
  TerminateSession(argument: _berth_v1_TerminateSessionRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_TerminateSessionResponse__Output>): grpc.ClientUnaryCall;
  TerminateSession(argument: _berth_v1_TerminateSessionRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_TerminateSessionResponse__Output>): grpc.ClientUnaryCall;
  TerminateSession(argument: _berth_v1_TerminateSessionRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_TerminateSessionResponse__Output>): grpc.ClientUnaryCall;
  TerminateSession(argument: _berth_v1_TerminateSessionRequest, callback: grpc.requestCallback<_berth_v1_TerminateSessionResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Ends any tenant's session, with reason ADMIN.
   */
  terminateSession(argument: _berth_v1_TerminateSessionRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_TerminateSessionResponse__Output>): grpc.ClientUnaryCall;
  terminateSession(argument: _berth_v1_TerminateSessionRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_TerminateSessionResponse__Output>): grpc.ClientUnaryCall;
  terminateSession(argument: _berth_v1_TerminateSessionRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_TerminateSessionResponse__Output>): grpc.ClientUnaryCall;
  terminateSession(argument: _berth_v1_TerminateSessionRequest, callback: grpc.requestCallback<_berth_v1_TerminateSessionResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Ends a ban. Not an error where there is none.
   */
  UnbanHost(argument: _berth_v1_UnbanHostRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_UnbanHostResponse__Output>): grpc.ClientUnaryCall;
  UnbanHost(argument: _berth_v1_UnbanHostRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_UnbanHostResponse__Output>): grpc.ClientUnaryCall;
  UnbanHost(argument: _berth_v1_UnbanHostRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_UnbanHostResponse__Output>): grpc.ClientUnaryCall;
  UnbanHost(argument: _berth_v1_UnbanHostRequest, callback: grpc.requestCallback<_berth_v1_UnbanHostResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Ends a ban. Not an error where there is none.
   */
  unbanHost(argument: _berth_v1_UnbanHostRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_UnbanHostResponse__Output>): grpc.ClientUnaryCall;
  unbanHost(argument: _berth_v1_UnbanHostRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_UnbanHostResponse__Output>): grpc.ClientUnaryCall;
  unbanHost(argument: _berth_v1_UnbanHostRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_UnbanHostResponse__Output>): grpc.ClientUnaryCall;
  unbanHost(argument: _berth_v1_UnbanHostRequest, callback: grpc.requestCallback<_berth_v1_UnbanHostResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Events as they happen, after those that are asked for first. None is left out.
   */
  WatchEvents(argument: _berth_v1_WatchEventsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_berth_v1_WatchEventsResponse__Output>;
  WatchEvents(argument: _berth_v1_WatchEventsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_berth_v1_WatchEventsResponse__Output>;
  /**
   * Events as they happen, after those that are asked for first. None is left out.
   */
  watchEvents(argument: _berth_v1_WatchEventsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_berth_v1_WatchEventsResponse__Output>;
  watchEvents(argument: _berth_v1_WatchEventsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_berth_v1_WatchEventsResponse__Output>;
  
}

/**
 * What admins call. Every call needs the role "admin" but ListClasses, and GetQuotas and GetCosts of the caller's own
 * tenant, which are open to clients too.
 * Errors are as described at SessionBroker.
 */
export interface BrokerAdminHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Sees that nothing is rented on a machine, or on any machine of a host, for a time. What runs there goes on.
   * Banning again sets term and reason anew. INVALID_ARGUMENT names a provider that is not configured.
   */
  BanHost: grpc.handleUnaryCall<_berth_v1_BanHostRequest__Output, _berth_v1_BanHostResponse>;
  
  /**
   * Makes a bearer token. It is shown once; only its hash is kept.
   * The first token must be an admin's: from then on every call needs one.
   */
  CreateToken: grpc.handleUnaryCall<_berth_v1_CreateTokenRequest__Output, _berth_v1_CreateTokenResponse>;
  
  /**
   * What tenants spend and have spent, by berth's own meter: prices times hours, not the provider's bill. A client may
   * ask for its own tenant's.
   */
  GetCosts: grpc.handleUnaryCall<_berth_v1_GetCostsRequest__Output, _berth_v1_GetCostsResponse>;
  
  /**
   * Quotas of tenants and what is used of them. A client may ask for its own tenant's.
   */
  GetQuotas: grpc.handleUnaryCall<_berth_v1_GetQuotasRequest__Output, _berth_v1_GetQuotasResponse>;
  
  GetReserve: grpc.handleUnaryCall<_berth_v1_GetReserveRequest__Output, _berth_v1_GetReserveResponse>;
  
  GetStatus: grpc.handleUnaryCall<_berth_v1_GetStatusRequest__Output, _berth_v1_GetStatusResponse>;
  
  ListClasses: grpc.handleUnaryCall<_berth_v1_ListClassesRequest__Output, _berth_v1_ListClassesResponse>;
  
  /**
   * The event log: every change of phase of sessions, instances and proxies, every warning of an end, every
   * replacement of a lost instance, every change of a reserve target, every ban and its end, and every turn of the
   * renting switch.
   * Kept 30 d, up to a number of events.
   */
  ListEvents: grpc.handleUnaryCall<_berth_v1_ListEventsRequest__Output, _berth_v1_ListEventsResponse>;
  
  /**
   * Machines and their hosts that are banned, or of which starts or losses are known: by provider, its hosts before its
   * machines, each in order of id.
   */
  ListHosts: grpc.handleUnaryCall<_berth_v1_ListHostsRequest__Output, _berth_v1_ListHostsResponse>;
  
  /**
   * Instances that exist or are being made, in order of id, which is the order of creation.
   */
  ListInstances: grpc.handleUnaryCall<_berth_v1_ListInstancesRequest__Output, _berth_v1_ListInstancesResponse>;
  
  ListTokens: grpc.handleUnaryCall<_berth_v1_ListTokensRequest__Output, _berth_v1_ListTokensResponse>;
  
  /**
   * Revoking twice is not an error. The last admin token can be revoked only when no other token is left.
   */
  RevokeToken: grpc.handleUnaryCall<_berth_v1_RevokeTokenRequest__Output, _berth_v1_RevokeTokenResponse>;
  
  /**
   * Stops all renting at once, or allows it again. Off: no provider is asked for an instance, not for a session, not
   * for the reserve; sessions that need one wait. What runs goes on, the reserve is handed out, what is over is
   * destroyed. Kept over restarts.
   */
  SetRenting: grpc.handleUnaryCall<_berth_v1_SetRentingRequest__Output, _berth_v1_SetRentingResponse>;
  
  /**
   * Sets how many ready instances a class keeps. Kept over restarts.
   */
  SetReserve: grpc.handleUnaryCall<_berth_v1_SetReserveRequest__Output, _berth_v1_SetReserveResponse>;
  
  /**
   * Ends any tenant's session, with reason ADMIN.
   */
  TerminateSession: grpc.handleUnaryCall<_berth_v1_TerminateSessionRequest__Output, _berth_v1_TerminateSessionResponse>;
  
  /**
   * Ends a ban. Not an error where there is none.
   */
  UnbanHost: grpc.handleUnaryCall<_berth_v1_UnbanHostRequest__Output, _berth_v1_UnbanHostResponse>;
  
  /**
   * Events as they happen, after those that are asked for first. None is left out.
   */
  WatchEvents: grpc.handleServerStreamingCall<_berth_v1_WatchEventsRequest__Output, _berth_v1_WatchEventsResponse>;
  
}

export interface BrokerAdminDefinition extends grpc.ServiceDefinition {
  BanHost: MethodDefinition<_berth_v1_BanHostRequest, _berth_v1_BanHostResponse, _berth_v1_BanHostRequest__Output, _berth_v1_BanHostResponse__Output>
  CreateToken: MethodDefinition<_berth_v1_CreateTokenRequest, _berth_v1_CreateTokenResponse, _berth_v1_CreateTokenRequest__Output, _berth_v1_CreateTokenResponse__Output>
  GetCosts: MethodDefinition<_berth_v1_GetCostsRequest, _berth_v1_GetCostsResponse, _berth_v1_GetCostsRequest__Output, _berth_v1_GetCostsResponse__Output>
  GetQuotas: MethodDefinition<_berth_v1_GetQuotasRequest, _berth_v1_GetQuotasResponse, _berth_v1_GetQuotasRequest__Output, _berth_v1_GetQuotasResponse__Output>
  GetReserve: MethodDefinition<_berth_v1_GetReserveRequest, _berth_v1_GetReserveResponse, _berth_v1_GetReserveRequest__Output, _berth_v1_GetReserveResponse__Output>
  GetStatus: MethodDefinition<_berth_v1_GetStatusRequest, _berth_v1_GetStatusResponse, _berth_v1_GetStatusRequest__Output, _berth_v1_GetStatusResponse__Output>
  ListClasses: MethodDefinition<_berth_v1_ListClassesRequest, _berth_v1_ListClassesResponse, _berth_v1_ListClassesRequest__Output, _berth_v1_ListClassesResponse__Output>
  ListEvents: MethodDefinition<_berth_v1_ListEventsRequest, _berth_v1_ListEventsResponse, _berth_v1_ListEventsRequest__Output, _berth_v1_ListEventsResponse__Output>
  ListHosts: MethodDefinition<_berth_v1_ListHostsRequest, _berth_v1_ListHostsResponse, _berth_v1_ListHostsRequest__Output, _berth_v1_ListHostsResponse__Output>
  ListInstances: MethodDefinition<_berth_v1_ListInstancesRequest, _berth_v1_ListInstancesResponse, _berth_v1_ListInstancesRequest__Output, _berth_v1_ListInstancesResponse__Output>
  ListTokens: MethodDefinition<_berth_v1_ListTokensRequest, _berth_v1_ListTokensResponse, _berth_v1_ListTokensRequest__Output, _berth_v1_ListTokensResponse__Output>
  RevokeToken: MethodDefinition<_berth_v1_RevokeTokenRequest, _berth_v1_RevokeTokenResponse, _berth_v1_RevokeTokenRequest__Output, _berth_v1_RevokeTokenResponse__Output>
  SetRenting: MethodDefinition<_berth_v1_SetRentingRequest, _berth_v1_SetRentingResponse, _berth_v1_SetRentingRequest__Output, _berth_v1_SetRentingResponse__Output>
  SetReserve: MethodDefinition<_berth_v1_SetReserveRequest, _berth_v1_SetReserveResponse, _berth_v1_SetReserveRequest__Output, _berth_v1_SetReserveResponse__Output>
  TerminateSession: MethodDefinition<_berth_v1_TerminateSessionRequest, _berth_v1_TerminateSessionResponse, _berth_v1_TerminateSessionRequest__Output, _berth_v1_TerminateSessionResponse__Output>
  UnbanHost: MethodDefinition<_berth_v1_UnbanHostRequest, _berth_v1_UnbanHostResponse, _berth_v1_UnbanHostRequest__Output, _berth_v1_UnbanHostResponse__Output>
  WatchEvents: MethodDefinition<_berth_v1_WatchEventsRequest, _berth_v1_WatchEventsResponse, _berth_v1_WatchEventsRequest__Output, _berth_v1_WatchEventsResponse__Output>
}
