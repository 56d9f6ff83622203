import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { AcquireSessionRequest as _berth_v1_AcquireSessionRequest, AcquireSessionRequest__Output as _berth_v1_AcquireSessionRequest__Output } from './berth/v1/AcquireSessionRequest.ts';
import type { AcquireSessionResponse as _berth_v1_AcquireSessionResponse, AcquireSessionResponse__Output as _berth_v1_AcquireSessionResponse__Output } from './berth/v1/AcquireSessionResponse.ts';
import type { CpuAmount as _berth_v1_CpuAmount, CpuAmount__Output as _berth_v1_CpuAmount__Output } from './berth/v1/CpuAmount.ts';
import type { Deadlines as _berth_v1_Deadlines, Deadlines__Output as _berth_v1_Deadlines__Output } from './berth/v1/Deadlines.ts';
import type { Endpoint as _berth_v1_Endpoint, Endpoint__Output as _berth_v1_Endpoint__Output } from './berth/v1/Endpoint.ts';
import type { EndpointPort as _berth_v1_EndpointPort, EndpointPort__Output as _berth_v1_EndpointPort__Output } from './berth/v1/EndpointPort.ts';
import type { ExtendSessionRequest as _berth_v1_ExtendSessionRequest, ExtendSessionRequest__Output as _berth_v1_ExtendSessionRequest__Output } from './berth/v1/ExtendSessionRequest.ts';
import type { ExtendSessionResponse as _berth_v1_ExtendSessionResponse, ExtendSessionResponse__Output as _berth_v1_ExtendSessionResponse__Output } from './berth/v1/ExtendSessionResponse.ts';
import type { GetSessionRequest as _berth_v1_GetSessionRequest, GetSessionRequest__Output as _berth_v1_GetSessionRequest__Output } from './berth/v1/GetSessionRequest.ts';
import type { GetSessionResponse as _berth_v1_GetSessionResponse, GetSessionResponse__Output as _berth_v1_GetSessionResponse__Output } from './berth/v1/GetSessionResponse.ts';
import type { GpuRequirements as _berth_v1_GpuRequirements, GpuRequirements__Output as _berth_v1_GpuRequirements__Output } from './berth/v1/GpuRequirements.ts';
import type { Instance as _berth_v1_Instance, Instance__Output as _berth_v1_Instance__Output } from './berth/v1/Instance.ts';
import type { KeepAliveRequest as _berth_v1_KeepAliveRequest, KeepAliveRequest__Output as _berth_v1_KeepAliveRequest__Output } from './berth/v1/KeepAliveRequest.ts';
import type { KeepAliveResponse as _berth_v1_KeepAliveResponse, KeepAliveResponse__Output as _berth_v1_KeepAliveResponse__Output } from './berth/v1/KeepAliveResponse.ts';
import type { ListSessionsRequest as _berth_v1_ListSessionsRequest, ListSessionsRequest__Output as _berth_v1_ListSessionsRequest__Output } from './berth/v1/ListSessionsRequest.ts';
import type { ListSessionsResponse as _berth_v1_ListSessionsResponse, ListSessionsResponse__Output as _berth_v1_ListSessionsResponse__Output } from './berth/v1/ListSessionsResponse.ts';
import type { MemoryAmount as _berth_v1_MemoryAmount, MemoryAmount__Output as _berth_v1_MemoryAmount__Output } from './berth/v1/MemoryAmount.ts';
import type { PlannedEnd as _berth_v1_PlannedEnd, PlannedEnd__Output as _berth_v1_PlannedEnd__Output } from './berth/v1/PlannedEnd.ts';
import type { QuoteSessionRequest as _berth_v1_QuoteSessionRequest, QuoteSessionRequest__Output as _berth_v1_QuoteSessionRequest__Output } from './berth/v1/QuoteSessionRequest.ts';
import type { QuoteSessionResponse as _berth_v1_QuoteSessionResponse, QuoteSessionResponse__Output as _berth_v1_QuoteSessionResponse__Output } from './berth/v1/QuoteSessionResponse.ts';
import type { QuotedOffer as _berth_v1_QuotedOffer, QuotedOffer__Output as _berth_v1_QuotedOffer__Output } from './berth/v1/QuotedOffer.ts';
import type { ReleaseSessionRequest as _berth_v1_ReleaseSessionRequest, ReleaseSessionRequest__Output as _berth_v1_ReleaseSessionRequest__Output } from './berth/v1/ReleaseSessionRequest.ts';
import type { ReleaseSessionResponse as _berth_v1_ReleaseSessionResponse, ReleaseSessionResponse__Output as _berth_v1_ReleaseSessionResponse__Output } from './berth/v1/ReleaseSessionResponse.ts';
import type { Requirements as _berth_v1_Requirements, Requirements__Output as _berth_v1_Requirements__Output } from './berth/v1/Requirements.ts';
import type { Resources as _berth_v1_Resources, Resources__Output as _berth_v1_Resources__Output } from './berth/v1/Resources.ts';
import type { Session as _berth_v1_Session, Session__Output as _berth_v1_Session__Output } from './berth/v1/Session.ts';
import type { SessionBrokerClient as _berth_v1_SessionBrokerClient, SessionBrokerDefinition as _berth_v1_SessionBrokerDefinition } from './berth/v1/SessionBroker.ts';
import type { StreamLogsRequest as _berth_v1_StreamLogsRequest, StreamLogsRequest__Output as _berth_v1_StreamLogsRequest__Output } from './berth/v1/StreamLogsRequest.ts';
import type { StreamLogsResponse as _berth_v1_StreamLogsResponse, StreamLogsResponse__Output as _berth_v1_StreamLogsResponse__Output } from './berth/v1/StreamLogsResponse.ts';
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
      CpuAmount: MessageTypeDefinition<_berth_v1_CpuAmount, _berth_v1_CpuAmount__Output>
      Deadlines: MessageTypeDefinition<_berth_v1_Deadlines, _berth_v1_Deadlines__Output>
      EndReason: EnumTypeDefinition
      Endpoint: MessageTypeDefinition<_berth_v1_Endpoint, _berth_v1_Endpoint__Output>
      EndpointPort: MessageTypeDefinition<_berth_v1_EndpointPort, _berth_v1_EndpointPort__Output>
      ExtendSessionRequest: MessageTypeDefinition<_berth_v1_ExtendSessionRequest, _berth_v1_ExtendSessionRequest__Output>
      ExtendSessionResponse: MessageTypeDefinition<_berth_v1_ExtendSessionResponse, _berth_v1_ExtendSessionResponse__Output>
      GetSessionRequest: MessageTypeDefinition<_berth_v1_GetSessionRequest, _berth_v1_GetSessionRequest__Output>
      GetSessionResponse: MessageTypeDefinition<_berth_v1_GetSessionResponse, _berth_v1_GetSessionResponse__Output>
      GpuRequirements: MessageTypeDefinition<_berth_v1_GpuRequirements, _berth_v1_GpuRequirements__Output>
      Instance: MessageTypeDefinition<_berth_v1_Instance, _berth_v1_Instance__Output>
      KeepAliveRequest: MessageTypeDefinition<_berth_v1_KeepAliveRequest, _berth_v1_KeepAliveRequest__Output>
      KeepAliveResponse: MessageTypeDefinition<_berth_v1_KeepAliveResponse, _berth_v1_KeepAliveResponse__Output>
      ListSessionsRequest: MessageTypeDefinition<_berth_v1_ListSessionsRequest, _berth_v1_ListSessionsRequest__Output>
      ListSessionsResponse: MessageTypeDefinition<_berth_v1_ListSessionsResponse, _berth_v1_ListSessionsResponse__Output>
      MemoryAmount: MessageTypeDefinition<_berth_v1_MemoryAmount, _berth_v1_MemoryAmount__Output>
      OnConflict: EnumTypeDefinition
      PlannedEnd: MessageTypeDefinition<_berth_v1_PlannedEnd, _berth_v1_PlannedEnd__Output>
      Protocol: EnumTypeDefinition
      QuoteSessionRequest: MessageTypeDefinition<_berth_v1_QuoteSessionRequest, _berth_v1_QuoteSessionRequest__Output>
      QuoteSessionResponse: MessageTypeDefinition<_berth_v1_QuoteSessionResponse, _berth_v1_QuoteSessionResponse__Output>
      QuotedOffer: MessageTypeDefinition<_berth_v1_QuotedOffer, _berth_v1_QuotedOffer__Output>
      ReleaseSessionRequest: MessageTypeDefinition<_berth_v1_ReleaseSessionRequest, _berth_v1_ReleaseSessionRequest__Output>
      ReleaseSessionResponse: MessageTypeDefinition<_berth_v1_ReleaseSessionResponse, _berth_v1_ReleaseSessionResponse__Output>
      Requirements: MessageTypeDefinition<_berth_v1_Requirements, _berth_v1_Requirements__Output>
      Resources: MessageTypeDefinition<_berth_v1_Resources, _berth_v1_Resources__Output>
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
      SessionPhase: EnumTypeDefinition
      StreamLogsRequest: MessageTypeDefinition<_berth_v1_StreamLogsRequest, _berth_v1_StreamLogsRequest__Output>
      StreamLogsResponse: MessageTypeDefinition<_berth_v1_StreamLogsResponse, _berth_v1_StreamLogsResponse__Output>
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

