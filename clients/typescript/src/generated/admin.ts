import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { AcquireSessionRequest as _berth_v1_AcquireSessionRequest, AcquireSessionRequest__Output as _berth_v1_AcquireSessionRequest__Output } from './berth/v1/AcquireSessionRequest.ts';
import type { AcquireSessionResponse as _berth_v1_AcquireSessionResponse, AcquireSessionResponse__Output as _berth_v1_AcquireSessionResponse__Output } from './berth/v1/AcquireSessionResponse.ts';
import type { Ban as _berth_v1_Ban, Ban__Output as _berth_v1_Ban__Output } from './berth/v1/Ban.ts';
import type { BanHostRequest as _berth_v1_BanHostRequest, BanHostRequest__Output as _berth_v1_BanHostRequest__Output } from './berth/v1/BanHostRequest.ts';
import type { BanHostResponse as _berth_v1_BanHostResponse, BanHostResponse__Output as _berth_v1_BanHostResponse__Output } from './berth/v1/BanHostResponse.ts';
import type { BrokerAdminClient as _berth_v1_BrokerAdminClient, BrokerAdminDefinition as _berth_v1_BrokerAdminDefinition } from './berth/v1/BrokerAdmin.ts';
import type { ClassPlacement as _berth_v1_ClassPlacement, ClassPlacement__Output as _berth_v1_ClassPlacement__Output } from './berth/v1/ClassPlacement.ts';
import type { ClassPort as _berth_v1_ClassPort, ClassPort__Output as _berth_v1_ClassPort__Output } from './berth/v1/ClassPort.ts';
import type { CpuAmount as _berth_v1_CpuAmount, CpuAmount__Output as _berth_v1_CpuAmount__Output } from './berth/v1/CpuAmount.ts';
import type { CreateTokenRequest as _berth_v1_CreateTokenRequest, CreateTokenRequest__Output as _berth_v1_CreateTokenRequest__Output } from './berth/v1/CreateTokenRequest.ts';
import type { CreateTokenResponse as _berth_v1_CreateTokenResponse, CreateTokenResponse__Output as _berth_v1_CreateTokenResponse__Output } from './berth/v1/CreateTokenResponse.ts';
import type { DayCost as _berth_v1_DayCost, DayCost__Output as _berth_v1_DayCost__Output } from './berth/v1/DayCost.ts';
import type { Deadlines as _berth_v1_Deadlines, Deadlines__Output as _berth_v1_Deadlines__Output } from './berth/v1/Deadlines.ts';
import type { Endpoint as _berth_v1_Endpoint, Endpoint__Output as _berth_v1_Endpoint__Output } from './berth/v1/Endpoint.ts';
import type { EndpointPort as _berth_v1_EndpointPort, EndpointPort__Output as _berth_v1_EndpointPort__Output } from './berth/v1/EndpointPort.ts';
import type { Event as _berth_v1_Event, Event__Output as _berth_v1_Event__Output } from './berth/v1/Event.ts';
import type { EventFilter as _berth_v1_EventFilter, EventFilter__Output as _berth_v1_EventFilter__Output } from './berth/v1/EventFilter.ts';
import type { ExtendSessionRequest as _berth_v1_ExtendSessionRequest, ExtendSessionRequest__Output as _berth_v1_ExtendSessionRequest__Output } from './berth/v1/ExtendSessionRequest.ts';
import type { ExtendSessionResponse as _berth_v1_ExtendSessionResponse, ExtendSessionResponse__Output as _berth_v1_ExtendSessionResponse__Output } from './berth/v1/ExtendSessionResponse.ts';
import type { GetCostsRequest as _berth_v1_GetCostsRequest, GetCostsRequest__Output as _berth_v1_GetCostsRequest__Output } from './berth/v1/GetCostsRequest.ts';
import type { GetCostsResponse as _berth_v1_GetCostsResponse, GetCostsResponse__Output as _berth_v1_GetCostsResponse__Output } from './berth/v1/GetCostsResponse.ts';
import type { GetQuotasRequest as _berth_v1_GetQuotasRequest, GetQuotasRequest__Output as _berth_v1_GetQuotasRequest__Output } from './berth/v1/GetQuotasRequest.ts';
import type { GetQuotasResponse as _berth_v1_GetQuotasResponse, GetQuotasResponse__Output as _berth_v1_GetQuotasResponse__Output } from './berth/v1/GetQuotasResponse.ts';
import type { GetReserveRequest as _berth_v1_GetReserveRequest, GetReserveRequest__Output as _berth_v1_GetReserveRequest__Output } from './berth/v1/GetReserveRequest.ts';
import type { GetReserveResponse as _berth_v1_GetReserveResponse, GetReserveResponse__Output as _berth_v1_GetReserveResponse__Output } from './berth/v1/GetReserveResponse.ts';
import type { GetSessionRequest as _berth_v1_GetSessionRequest, GetSessionRequest__Output as _berth_v1_GetSessionRequest__Output } from './berth/v1/GetSessionRequest.ts';
import type { GetSessionResponse as _berth_v1_GetSessionResponse, GetSessionResponse__Output as _berth_v1_GetSessionResponse__Output } from './berth/v1/GetSessionResponse.ts';
import type { GetStatusRequest as _berth_v1_GetStatusRequest, GetStatusRequest__Output as _berth_v1_GetStatusRequest__Output } from './berth/v1/GetStatusRequest.ts';
import type { GetStatusResponse as _berth_v1_GetStatusResponse, GetStatusResponse__Output as _berth_v1_GetStatusResponse__Output } from './berth/v1/GetStatusResponse.ts';
import type { GpuRequirements as _berth_v1_GpuRequirements, GpuRequirements__Output as _berth_v1_GpuRequirements__Output } from './berth/v1/GpuRequirements.ts';
import type { HostStatus as _berth_v1_HostStatus, HostStatus__Output as _berth_v1_HostStatus__Output } from './berth/v1/HostStatus.ts';
import type { Instance as _berth_v1_Instance, Instance__Output as _berth_v1_Instance__Output } from './berth/v1/Instance.ts';
import type { InstanceStatus as _berth_v1_InstanceStatus, InstanceStatus__Output as _berth_v1_InstanceStatus__Output } from './berth/v1/InstanceStatus.ts';
import type { KeepAliveRequest as _berth_v1_KeepAliveRequest, KeepAliveRequest__Output as _berth_v1_KeepAliveRequest__Output } from './berth/v1/KeepAliveRequest.ts';
import type { KeepAliveResponse as _berth_v1_KeepAliveResponse, KeepAliveResponse__Output as _berth_v1_KeepAliveResponse__Output } from './berth/v1/KeepAliveResponse.ts';
import type { ListClassesRequest as _berth_v1_ListClassesRequest, ListClassesRequest__Output as _berth_v1_ListClassesRequest__Output } from './berth/v1/ListClassesRequest.ts';
import type { ListClassesResponse as _berth_v1_ListClassesResponse, ListClassesResponse__Output as _berth_v1_ListClassesResponse__Output } from './berth/v1/ListClassesResponse.ts';
import type { ListEventsRequest as _berth_v1_ListEventsRequest, ListEventsRequest__Output as _berth_v1_ListEventsRequest__Output } from './berth/v1/ListEventsRequest.ts';
import type { ListEventsResponse as _berth_v1_ListEventsResponse, ListEventsResponse__Output as _berth_v1_ListEventsResponse__Output } from './berth/v1/ListEventsResponse.ts';
import type { ListHostsRequest as _berth_v1_ListHostsRequest, ListHostsRequest__Output as _berth_v1_ListHostsRequest__Output } from './berth/v1/ListHostsRequest.ts';
import type { ListHostsResponse as _berth_v1_ListHostsResponse, ListHostsResponse__Output as _berth_v1_ListHostsResponse__Output } from './berth/v1/ListHostsResponse.ts';
import type { ListInstancesRequest as _berth_v1_ListInstancesRequest, ListInstancesRequest__Output as _berth_v1_ListInstancesRequest__Output } from './berth/v1/ListInstancesRequest.ts';
import type { ListInstancesResponse as _berth_v1_ListInstancesResponse, ListInstancesResponse__Output as _berth_v1_ListInstancesResponse__Output } from './berth/v1/ListInstancesResponse.ts';
import type { ListSessionsRequest as _berth_v1_ListSessionsRequest, ListSessionsRequest__Output as _berth_v1_ListSessionsRequest__Output } from './berth/v1/ListSessionsRequest.ts';
import type { ListSessionsResponse as _berth_v1_ListSessionsResponse, ListSessionsResponse__Output as _berth_v1_ListSessionsResponse__Output } from './berth/v1/ListSessionsResponse.ts';
import type { ListTokensRequest as _berth_v1_ListTokensRequest, ListTokensRequest__Output as _berth_v1_ListTokensRequest__Output } from './berth/v1/ListTokensRequest.ts';
import type { ListTokensResponse as _berth_v1_ListTokensResponse, ListTokensResponse__Output as _berth_v1_ListTokensResponse__Output } from './berth/v1/ListTokensResponse.ts';
import type { LoopStatus as _berth_v1_LoopStatus, LoopStatus__Output as _berth_v1_LoopStatus__Output } from './berth/v1/LoopStatus.ts';
import type { MemoryAmount as _berth_v1_MemoryAmount, MemoryAmount__Output as _berth_v1_MemoryAmount__Output } from './berth/v1/MemoryAmount.ts';
import type { PlannedEnd as _berth_v1_PlannedEnd, PlannedEnd__Output as _berth_v1_PlannedEnd__Output } from './berth/v1/PlannedEnd.ts';
import type { ProviderStatus as _berth_v1_ProviderStatus, ProviderStatus__Output as _berth_v1_ProviderStatus__Output } from './berth/v1/ProviderStatus.ts';
import type { QueueStatus as _berth_v1_QueueStatus, QueueStatus__Output as _berth_v1_QueueStatus__Output } from './berth/v1/QueueStatus.ts';
import type { QuotaUse as _berth_v1_QuotaUse, QuotaUse__Output as _berth_v1_QuotaUse__Output } from './berth/v1/QuotaUse.ts';
import type { QuoteSessionRequest as _berth_v1_QuoteSessionRequest, QuoteSessionRequest__Output as _berth_v1_QuoteSessionRequest__Output } from './berth/v1/QuoteSessionRequest.ts';
import type { QuoteSessionResponse as _berth_v1_QuoteSessionResponse, QuoteSessionResponse__Output as _berth_v1_QuoteSessionResponse__Output } from './berth/v1/QuoteSessionResponse.ts';
import type { QuotedOffer as _berth_v1_QuotedOffer, QuotedOffer__Output as _berth_v1_QuotedOffer__Output } from './berth/v1/QuotedOffer.ts';
import type { ReleaseSessionRequest as _berth_v1_ReleaseSessionRequest, ReleaseSessionRequest__Output as _berth_v1_ReleaseSessionRequest__Output } from './berth/v1/ReleaseSessionRequest.ts';
import type { ReleaseSessionResponse as _berth_v1_ReleaseSessionResponse, ReleaseSessionResponse__Output as _berth_v1_ReleaseSessionResponse__Output } from './berth/v1/ReleaseSessionResponse.ts';
import type { Renting as _berth_v1_Renting, Renting__Output as _berth_v1_Renting__Output } from './berth/v1/Renting.ts';
import type { Requirements as _berth_v1_Requirements, Requirements__Output as _berth_v1_Requirements__Output } from './berth/v1/Requirements.ts';
import type { Reserve as _berth_v1_Reserve, Reserve__Output as _berth_v1_Reserve__Output } from './berth/v1/Reserve.ts';
import type { Resources as _berth_v1_Resources, Resources__Output as _berth_v1_Resources__Output } from './berth/v1/Resources.ts';
import type { RevokeTokenRequest as _berth_v1_RevokeTokenRequest, RevokeTokenRequest__Output as _berth_v1_RevokeTokenRequest__Output } from './berth/v1/RevokeTokenRequest.ts';
import type { RevokeTokenResponse as _berth_v1_RevokeTokenResponse, RevokeTokenResponse__Output as _berth_v1_RevokeTokenResponse__Output } from './berth/v1/RevokeTokenResponse.ts';
import type { Session as _berth_v1_Session, Session__Output as _berth_v1_Session__Output } from './berth/v1/Session.ts';
import type { SessionBrokerClient as _berth_v1_SessionBrokerClient, SessionBrokerDefinition as _berth_v1_SessionBrokerDefinition } from './berth/v1/SessionBroker.ts';
import type { SessionClass as _berth_v1_SessionClass, SessionClass__Output as _berth_v1_SessionClass__Output } from './berth/v1/SessionClass.ts';
import type { SetRentingRequest as _berth_v1_SetRentingRequest, SetRentingRequest__Output as _berth_v1_SetRentingRequest__Output } from './berth/v1/SetRentingRequest.ts';
import type { SetRentingResponse as _berth_v1_SetRentingResponse, SetRentingResponse__Output as _berth_v1_SetRentingResponse__Output } from './berth/v1/SetRentingResponse.ts';
import type { SetReserveRequest as _berth_v1_SetReserveRequest, SetReserveRequest__Output as _berth_v1_SetReserveRequest__Output } from './berth/v1/SetReserveRequest.ts';
import type { SetReserveResponse as _berth_v1_SetReserveResponse, SetReserveResponse__Output as _berth_v1_SetReserveResponse__Output } from './berth/v1/SetReserveResponse.ts';
import type { StreamLogsRequest as _berth_v1_StreamLogsRequest, StreamLogsRequest__Output as _berth_v1_StreamLogsRequest__Output } from './berth/v1/StreamLogsRequest.ts';
import type { StreamLogsResponse as _berth_v1_StreamLogsResponse, StreamLogsResponse__Output as _berth_v1_StreamLogsResponse__Output } from './berth/v1/StreamLogsResponse.ts';
import type { TenantCost as _berth_v1_TenantCost, TenantCost__Output as _berth_v1_TenantCost__Output } from './berth/v1/TenantCost.ts';
import type { TenantQuota as _berth_v1_TenantQuota, TenantQuota__Output as _berth_v1_TenantQuota__Output } from './berth/v1/TenantQuota.ts';
import type { TerminateSessionRequest as _berth_v1_TerminateSessionRequest, TerminateSessionRequest__Output as _berth_v1_TerminateSessionRequest__Output } from './berth/v1/TerminateSessionRequest.ts';
import type { TerminateSessionResponse as _berth_v1_TerminateSessionResponse, TerminateSessionResponse__Output as _berth_v1_TerminateSessionResponse__Output } from './berth/v1/TerminateSessionResponse.ts';
import type { Token as _berth_v1_Token, Token__Output as _berth_v1_Token__Output } from './berth/v1/Token.ts';
import type { UnbanHostRequest as _berth_v1_UnbanHostRequest, UnbanHostRequest__Output as _berth_v1_UnbanHostRequest__Output } from './berth/v1/UnbanHostRequest.ts';
import type { UnbanHostResponse as _berth_v1_UnbanHostResponse, UnbanHostResponse__Output as _berth_v1_UnbanHostResponse__Output } from './berth/v1/UnbanHostResponse.ts';
import type { WatchEventsRequest as _berth_v1_WatchEventsRequest, WatchEventsRequest__Output as _berth_v1_WatchEventsRequest__Output } from './berth/v1/WatchEventsRequest.ts';
import type { WatchEventsResponse as _berth_v1_WatchEventsResponse, WatchEventsResponse__Output as _berth_v1_WatchEventsResponse__Output } from './berth/v1/WatchEventsResponse.ts';
import type { WatchSessionRequest as _berth_v1_WatchSessionRequest, WatchSessionRequest__Output as _berth_v1_WatchSessionRequest__Output } from './berth/v1/WatchSessionRequest.ts';
import type { WatchSessionResponse as _berth_v1_WatchSessionResponse, WatchSessionResponse__Output as _berth_v1_WatchSessionResponse__Output } from './berth/v1/WatchSessionResponse.ts';
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from './google/protobuf/Duration.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from './google/protobuf/Timestamp.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  berth: {
    v1: {
      AcquireSessionRequest: MessageTypeDefinition<_berth_v1_AcquireSessionRequest, _berth_v1_AcquireSessionRequest__Output>
      AcquireSessionResponse: MessageTypeDefinition<_berth_v1_AcquireSessionResponse, _berth_v1_AcquireSessionResponse__Output>
      Ban: MessageTypeDefinition<_berth_v1_Ban, _berth_v1_Ban__Output>
      BanHostRequest: MessageTypeDefinition<_berth_v1_BanHostRequest, _berth_v1_BanHostRequest__Output>
      BanHostResponse: MessageTypeDefinition<_berth_v1_BanHostResponse, _berth_v1_BanHostResponse__Output>
      /**
       * What admins call. Every call needs the role "admin" but ListClasses, and GetQuotas and GetCosts of the caller's own
       * tenant, which are open to clients too.
       * Errors are as described at SessionBroker.
       */
      BrokerAdmin: SubtypeConstructor<typeof grpc.Client, _berth_v1_BrokerAdminClient> & { service: _berth_v1_BrokerAdminDefinition }
      ClassPlacement: MessageTypeDefinition<_berth_v1_ClassPlacement, _berth_v1_ClassPlacement__Output>
      ClassPort: MessageTypeDefinition<_berth_v1_ClassPort, _berth_v1_ClassPort__Output>
      CpuAmount: MessageTypeDefinition<_berth_v1_CpuAmount, _berth_v1_CpuAmount__Output>
      CreateTokenRequest: MessageTypeDefinition<_berth_v1_CreateTokenRequest, _berth_v1_CreateTokenRequest__Output>
      CreateTokenResponse: MessageTypeDefinition<_berth_v1_CreateTokenResponse, _berth_v1_CreateTokenResponse__Output>
      DayCost: MessageTypeDefinition<_berth_v1_DayCost, _berth_v1_DayCost__Output>
      Deadlines: MessageTypeDefinition<_berth_v1_Deadlines, _berth_v1_Deadlines__Output>
      EndReason: EnumTypeDefinition
      Endpoint: MessageTypeDefinition<_berth_v1_Endpoint, _berth_v1_Endpoint__Output>
      EndpointPort: MessageTypeDefinition<_berth_v1_EndpointPort, _berth_v1_EndpointPort__Output>
      Event: MessageTypeDefinition<_berth_v1_Event, _berth_v1_Event__Output>
      EventFilter: MessageTypeDefinition<_berth_v1_EventFilter, _berth_v1_EventFilter__Output>
      ExtendSessionRequest: MessageTypeDefinition<_berth_v1_ExtendSessionRequest, _berth_v1_ExtendSessionRequest__Output>
      ExtendSessionResponse: MessageTypeDefinition<_berth_v1_ExtendSessionResponse, _berth_v1_ExtendSessionResponse__Output>
      GetCostsRequest: MessageTypeDefinition<_berth_v1_GetCostsRequest, _berth_v1_GetCostsRequest__Output>
      GetCostsResponse: MessageTypeDefinition<_berth_v1_GetCostsResponse, _berth_v1_GetCostsResponse__Output>
      GetQuotasRequest: MessageTypeDefinition<_berth_v1_GetQuotasRequest, _berth_v1_GetQuotasRequest__Output>
      GetQuotasResponse: MessageTypeDefinition<_berth_v1_GetQuotasResponse, _berth_v1_GetQuotasResponse__Output>
      GetReserveRequest: MessageTypeDefinition<_berth_v1_GetReserveRequest, _berth_v1_GetReserveRequest__Output>
      GetReserveResponse: MessageTypeDefinition<_berth_v1_GetReserveResponse, _berth_v1_GetReserveResponse__Output>
      GetSessionRequest: MessageTypeDefinition<_berth_v1_GetSessionRequest, _berth_v1_GetSessionRequest__Output>
      GetSessionResponse: MessageTypeDefinition<_berth_v1_GetSessionResponse, _berth_v1_GetSessionResponse__Output>
      GetStatusRequest: MessageTypeDefinition<_berth_v1_GetStatusRequest, _berth_v1_GetStatusRequest__Output>
      GetStatusResponse: MessageTypeDefinition<_berth_v1_GetStatusResponse, _berth_v1_GetStatusResponse__Output>
      GpuRequirements: MessageTypeDefinition<_berth_v1_GpuRequirements, _berth_v1_GpuRequirements__Output>
      HostStatus: MessageTypeDefinition<_berth_v1_HostStatus, _berth_v1_HostStatus__Output>
      Instance: MessageTypeDefinition<_berth_v1_Instance, _berth_v1_Instance__Output>
      InstanceStatus: MessageTypeDefinition<_berth_v1_InstanceStatus, _berth_v1_InstanceStatus__Output>
      KeepAliveRequest: MessageTypeDefinition<_berth_v1_KeepAliveRequest, _berth_v1_KeepAliveRequest__Output>
      KeepAliveResponse: MessageTypeDefinition<_berth_v1_KeepAliveResponse, _berth_v1_KeepAliveResponse__Output>
      ListClassesRequest: MessageTypeDefinition<_berth_v1_ListClassesRequest, _berth_v1_ListClassesRequest__Output>
      ListClassesResponse: MessageTypeDefinition<_berth_v1_ListClassesResponse, _berth_v1_ListClassesResponse__Output>
      ListEventsRequest: MessageTypeDefinition<_berth_v1_ListEventsRequest, _berth_v1_ListEventsRequest__Output>
      ListEventsResponse: MessageTypeDefinition<_berth_v1_ListEventsResponse, _berth_v1_ListEventsResponse__Output>
      ListHostsRequest: MessageTypeDefinition<_berth_v1_ListHostsRequest, _berth_v1_ListHostsRequest__Output>
      ListHostsResponse: MessageTypeDefinition<_berth_v1_ListHostsResponse, _berth_v1_ListHostsResponse__Output>
      ListInstancesRequest: MessageTypeDefinition<_berth_v1_ListInstancesRequest, _berth_v1_ListInstancesRequest__Output>
      ListInstancesResponse: MessageTypeDefinition<_berth_v1_ListInstancesResponse, _berth_v1_ListInstancesResponse__Output>
      ListSessionsRequest: MessageTypeDefinition<_berth_v1_ListSessionsRequest, _berth_v1_ListSessionsRequest__Output>
      ListSessionsResponse: MessageTypeDefinition<_berth_v1_ListSessionsResponse, _berth_v1_ListSessionsResponse__Output>
      ListTokensRequest: MessageTypeDefinition<_berth_v1_ListTokensRequest, _berth_v1_ListTokensRequest__Output>
      ListTokensResponse: MessageTypeDefinition<_berth_v1_ListTokensResponse, _berth_v1_ListTokensResponse__Output>
      LoopStatus: MessageTypeDefinition<_berth_v1_LoopStatus, _berth_v1_LoopStatus__Output>
      MemoryAmount: MessageTypeDefinition<_berth_v1_MemoryAmount, _berth_v1_MemoryAmount__Output>
      OnConflict: EnumTypeDefinition
      PlannedEnd: MessageTypeDefinition<_berth_v1_PlannedEnd, _berth_v1_PlannedEnd__Output>
      Protocol: EnumTypeDefinition
      ProviderStatus: MessageTypeDefinition<_berth_v1_ProviderStatus, _berth_v1_ProviderStatus__Output>
      QueueStatus: MessageTypeDefinition<_berth_v1_QueueStatus, _berth_v1_QueueStatus__Output>
      QuotaUse: MessageTypeDefinition<_berth_v1_QuotaUse, _berth_v1_QuotaUse__Output>
      QuoteSessionRequest: MessageTypeDefinition<_berth_v1_QuoteSessionRequest, _berth_v1_QuoteSessionRequest__Output>
      QuoteSessionResponse: MessageTypeDefinition<_berth_v1_QuoteSessionResponse, _berth_v1_QuoteSessionResponse__Output>
      QuotedOffer: MessageTypeDefinition<_berth_v1_QuotedOffer, _berth_v1_QuotedOffer__Output>
      ReleaseSessionRequest: MessageTypeDefinition<_berth_v1_ReleaseSessionRequest, _berth_v1_ReleaseSessionRequest__Output>
      ReleaseSessionResponse: MessageTypeDefinition<_berth_v1_ReleaseSessionResponse, _berth_v1_ReleaseSessionResponse__Output>
      Renting: MessageTypeDefinition<_berth_v1_Renting, _berth_v1_Renting__Output>
      Requirements: MessageTypeDefinition<_berth_v1_Requirements, _berth_v1_Requirements__Output>
      Reserve: MessageTypeDefinition<_berth_v1_Reserve, _berth_v1_Reserve__Output>
      Resources: MessageTypeDefinition<_berth_v1_Resources, _berth_v1_Resources__Output>
      RevokeTokenRequest: MessageTypeDefinition<_berth_v1_RevokeTokenRequest, _berth_v1_RevokeTokenRequest__Output>
      RevokeTokenResponse: MessageTypeDefinition<_berth_v1_RevokeTokenResponse, _berth_v1_RevokeTokenResponse__Output>
      Role: EnumTypeDefinition
      Session: MessageTypeDefinition<_berth_v1_Session, _berth_v1_Session__Output>
      /**
       * What a client of berth calls. A broken connection, a deadline or a cancelled call never releases a session:
       * to the server they all look alike, and the retry must meet a living session.
       * 
       * Errors carry google.rpc details, so that no client parses text:
       * BadRequest   with INVALID_ARGUMENT: each field, what was wrong with it and what is accepted
       * QuotaFailure with RESOURCE_EXHAUSTED: the limit and its current use
       * RetryInfo    with UNAVAILABLE: when to call again
       * ErrorInfo    with every error: domain "berth", a stable reason such as SESSION_ENDED, and metadata
       * UNAVAILABLE means retry this call as it is; ABORTED means start over with a new request_id;
       * FAILED_PRECONDITION means the session is not in a state for this call.
       */
      SessionBroker: SubtypeConstructor<typeof grpc.Client, _berth_v1_SessionBrokerClient> & { service: _berth_v1_SessionBrokerDefinition }
      SessionClass: MessageTypeDefinition<_berth_v1_SessionClass, _berth_v1_SessionClass__Output>
      SessionPhase: EnumTypeDefinition
      SetRentingRequest: MessageTypeDefinition<_berth_v1_SetRentingRequest, _berth_v1_SetRentingRequest__Output>
      SetRentingResponse: MessageTypeDefinition<_berth_v1_SetRentingResponse, _berth_v1_SetRentingResponse__Output>
      SetReserveRequest: MessageTypeDefinition<_berth_v1_SetReserveRequest, _berth_v1_SetReserveRequest__Output>
      SetReserveResponse: MessageTypeDefinition<_berth_v1_SetReserveResponse, _berth_v1_SetReserveResponse__Output>
      StreamLogsRequest: MessageTypeDefinition<_berth_v1_StreamLogsRequest, _berth_v1_StreamLogsRequest__Output>
      StreamLogsResponse: MessageTypeDefinition<_berth_v1_StreamLogsResponse, _berth_v1_StreamLogsResponse__Output>
      TenantCost: MessageTypeDefinition<_berth_v1_TenantCost, _berth_v1_TenantCost__Output>
      TenantQuota: MessageTypeDefinition<_berth_v1_TenantQuota, _berth_v1_TenantQuota__Output>
      TerminateSessionRequest: MessageTypeDefinition<_berth_v1_TerminateSessionRequest, _berth_v1_TerminateSessionRequest__Output>
      TerminateSessionResponse: MessageTypeDefinition<_berth_v1_TerminateSessionResponse, _berth_v1_TerminateSessionResponse__Output>
      Token: MessageTypeDefinition<_berth_v1_Token, _berth_v1_Token__Output>
      UnbanHostRequest: MessageTypeDefinition<_berth_v1_UnbanHostRequest, _berth_v1_UnbanHostRequest__Output>
      UnbanHostResponse: MessageTypeDefinition<_berth_v1_UnbanHostResponse, _berth_v1_UnbanHostResponse__Output>
      WatchEventsRequest: MessageTypeDefinition<_berth_v1_WatchEventsRequest, _berth_v1_WatchEventsRequest__Output>
      WatchEventsResponse: MessageTypeDefinition<_berth_v1_WatchEventsResponse, _berth_v1_WatchEventsResponse__Output>
      WatchSessionRequest: MessageTypeDefinition<_berth_v1_WatchSessionRequest, _berth_v1_WatchSessionRequest__Output>
      WatchSessionResponse: MessageTypeDefinition<_berth_v1_WatchSessionResponse, _berth_v1_WatchSessionResponse__Output>
    }
  }
  google: {
    protobuf: {
      Duration: MessageTypeDefinition<_google_protobuf_Duration, _google_protobuf_Duration__Output>
      Timestamp: MessageTypeDefinition<_google_protobuf_Timestamp, _google_protobuf_Timestamp__Output>
    }
  }
}

