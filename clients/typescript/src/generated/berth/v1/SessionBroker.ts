// Original file: proto/berth/v1/session.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AcquireSessionRequest as _berth_v1_AcquireSessionRequest, AcquireSessionRequest__Output as _berth_v1_AcquireSessionRequest__Output } from '../../berth/v1/AcquireSessionRequest.ts';
import type { AcquireSessionResponse as _berth_v1_AcquireSessionResponse, AcquireSessionResponse__Output as _berth_v1_AcquireSessionResponse__Output } from '../../berth/v1/AcquireSessionResponse.ts';
import type { ExtendSessionRequest as _berth_v1_ExtendSessionRequest, ExtendSessionRequest__Output as _berth_v1_ExtendSessionRequest__Output } from '../../berth/v1/ExtendSessionRequest.ts';
import type { ExtendSessionResponse as _berth_v1_ExtendSessionResponse, ExtendSessionResponse__Output as _berth_v1_ExtendSessionResponse__Output } from '../../berth/v1/ExtendSessionResponse.ts';
import type { GetSessionRequest as _berth_v1_GetSessionRequest, GetSessionRequest__Output as _berth_v1_GetSessionRequest__Output } from '../../berth/v1/GetSessionRequest.ts';
import type { GetSessionResponse as _berth_v1_GetSessionResponse, GetSessionResponse__Output as _berth_v1_GetSessionResponse__Output } from '../../berth/v1/GetSessionResponse.ts';
import type { KeepAliveRequest as _berth_v1_KeepAliveRequest, KeepAliveRequest__Output as _berth_v1_KeepAliveRequest__Output } from '../../berth/v1/KeepAliveRequest.ts';
import type { KeepAliveResponse as _berth_v1_KeepAliveResponse, KeepAliveResponse__Output as _berth_v1_KeepAliveResponse__Output } from '../../berth/v1/KeepAliveResponse.ts';
import type { ListSessionsRequest as _berth_v1_ListSessionsRequest, ListSessionsRequest__Output as _berth_v1_ListSessionsRequest__Output } from '../../berth/v1/ListSessionsRequest.ts';
import type { ListSessionsResponse as _berth_v1_ListSessionsResponse, ListSessionsResponse__Output as _berth_v1_ListSessionsResponse__Output } from '../../berth/v1/ListSessionsResponse.ts';
import type { QuoteSessionRequest as _berth_v1_QuoteSessionRequest, QuoteSessionRequest__Output as _berth_v1_QuoteSessionRequest__Output } from '../../berth/v1/QuoteSessionRequest.ts';
import type { QuoteSessionResponse as _berth_v1_QuoteSessionResponse, QuoteSessionResponse__Output as _berth_v1_QuoteSessionResponse__Output } from '../../berth/v1/QuoteSessionResponse.ts';
import type { ReleaseSessionRequest as _berth_v1_ReleaseSessionRequest, ReleaseSessionRequest__Output as _berth_v1_ReleaseSessionRequest__Output } from '../../berth/v1/ReleaseSessionRequest.ts';
import type { ReleaseSessionResponse as _berth_v1_ReleaseSessionResponse, ReleaseSessionResponse__Output as _berth_v1_ReleaseSessionResponse__Output } from '../../berth/v1/ReleaseSessionResponse.ts';
import type { StreamLogsRequest as _berth_v1_StreamLogsRequest, StreamLogsRequest__Output as _berth_v1_StreamLogsRequest__Output } from '../../berth/v1/StreamLogsRequest.ts';
import type { StreamLogsResponse as _berth_v1_StreamLogsResponse, StreamLogsResponse__Output as _berth_v1_StreamLogsResponse__Output } from '../../berth/v1/StreamLogsResponse.ts';
import type { WatchSessionRequest as _berth_v1_WatchSessionRequest, WatchSessionRequest__Output as _berth_v1_WatchSessionRequest__Output } from '../../berth/v1/WatchSessionRequest.ts';
import type { WatchSessionResponse as _berth_v1_WatchSessionResponse, WatchSessionResponse__Output as _berth_v1_WatchSessionResponse__Output } from '../../berth/v1/WatchSessionResponse.ts';

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
export interface SessionBrokerClient extends grpc.Client {
  /**
   * Asks for a session. Retrying with the same request_id and content answers the same session.
   * A session that ended before it was active is an error to the waiting call and to every retry of its
   * request_id: RESOURCE_EXHAUSTED (QUEUE_TIMEOUT), otherwise ABORTED with the reason.
   */
  AcquireSession(argument: _berth_v1_AcquireSessionRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_AcquireSessionResponse__Output>): grpc.ClientUnaryCall;
  AcquireSession(argument: _berth_v1_AcquireSessionRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_AcquireSessionResponse__Output>): grpc.ClientUnaryCall;
  AcquireSession(argument: _berth_v1_AcquireSessionRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_AcquireSessionResponse__Output>): grpc.ClientUnaryCall;
  AcquireSession(argument: _berth_v1_AcquireSessionRequest, callback: grpc.requestCallback<_berth_v1_AcquireSessionResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Asks for a session. Retrying with the same request_id and content answers the same session.
   * A session that ended before it was active is an error to the waiting call and to every retry of its
   * request_id: RESOURCE_EXHAUSTED (QUEUE_TIMEOUT), otherwise ABORTED with the reason.
   */
  acquireSession(argument: _berth_v1_AcquireSessionRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_AcquireSessionResponse__Output>): grpc.ClientUnaryCall;
  acquireSession(argument: _berth_v1_AcquireSessionRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_AcquireSessionResponse__Output>): grpc.ClientUnaryCall;
  acquireSession(argument: _berth_v1_AcquireSessionRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_AcquireSessionResponse__Output>): grpc.ClientUnaryCall;
  acquireSession(argument: _berth_v1_AcquireSessionRequest, callback: grpc.requestCallback<_berth_v1_AcquireSessionResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Moves the end of the session's lifetime to an absolute time, so that a retry extends only once.
   */
  ExtendSession(argument: _berth_v1_ExtendSessionRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_ExtendSessionResponse__Output>): grpc.ClientUnaryCall;
  ExtendSession(argument: _berth_v1_ExtendSessionRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_ExtendSessionResponse__Output>): grpc.ClientUnaryCall;
  ExtendSession(argument: _berth_v1_ExtendSessionRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_ExtendSessionResponse__Output>): grpc.ClientUnaryCall;
  ExtendSession(argument: _berth_v1_ExtendSessionRequest, callback: grpc.requestCallback<_berth_v1_ExtendSessionResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Moves the end of the session's lifetime to an absolute time, so that a retry extends only once.
   */
  extendSession(argument: _berth_v1_ExtendSessionRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_ExtendSessionResponse__Output>): grpc.ClientUnaryCall;
  extendSession(argument: _berth_v1_ExtendSessionRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_ExtendSessionResponse__Output>): grpc.ClientUnaryCall;
  extendSession(argument: _berth_v1_ExtendSessionRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_ExtendSessionResponse__Output>): grpc.ClientUnaryCall;
  extendSession(argument: _berth_v1_ExtendSessionRequest, callback: grpc.requestCallback<_berth_v1_ExtendSessionResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * One session, also for 24 h after it ended. Confirms an unconfirmed session.
   */
  GetSession(argument: _berth_v1_GetSessionRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_GetSessionResponse__Output>): grpc.ClientUnaryCall;
  GetSession(argument: _berth_v1_GetSessionRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_GetSessionResponse__Output>): grpc.ClientUnaryCall;
  GetSession(argument: _berth_v1_GetSessionRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_GetSessionResponse__Output>): grpc.ClientUnaryCall;
  GetSession(argument: _berth_v1_GetSessionRequest, callback: grpc.requestCallback<_berth_v1_GetSessionResponse__Output>): grpc.ClientUnaryCall;
  /**
   * One session, also for 24 h after it ended. Confirms an unconfirmed session.
   */
  getSession(argument: _berth_v1_GetSessionRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_GetSessionResponse__Output>): grpc.ClientUnaryCall;
  getSession(argument: _berth_v1_GetSessionRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_GetSessionResponse__Output>): grpc.ClientUnaryCall;
  getSession(argument: _berth_v1_GetSessionRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_GetSessionResponse__Output>): grpc.ClientUnaryCall;
  getSession(argument: _berth_v1_GetSessionRequest, callback: grpc.requestCallback<_berth_v1_GetSessionResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Tells that the session is in use: restarts its idle time. Confirms an unconfirmed session.
   */
  KeepAlive(argument: _berth_v1_KeepAliveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_KeepAliveResponse__Output>): grpc.ClientUnaryCall;
  KeepAlive(argument: _berth_v1_KeepAliveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_KeepAliveResponse__Output>): grpc.ClientUnaryCall;
  KeepAlive(argument: _berth_v1_KeepAliveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_KeepAliveResponse__Output>): grpc.ClientUnaryCall;
  KeepAlive(argument: _berth_v1_KeepAliveRequest, callback: grpc.requestCallback<_berth_v1_KeepAliveResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Tells that the session is in use: restarts its idle time. Confirms an unconfirmed session.
   */
  keepAlive(argument: _berth_v1_KeepAliveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_KeepAliveResponse__Output>): grpc.ClientUnaryCall;
  keepAlive(argument: _berth_v1_KeepAliveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_KeepAliveResponse__Output>): grpc.ClientUnaryCall;
  keepAlive(argument: _berth_v1_KeepAliveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_KeepAliveResponse__Output>): grpc.ClientUnaryCall;
  keepAlive(argument: _berth_v1_KeepAliveRequest, callback: grpc.requestCallback<_berth_v1_KeepAliveResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Sessions of the caller's tenant, in order of id, which is the order of creation.
   */
  ListSessions(argument: _berth_v1_ListSessionsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_ListSessionsResponse__Output>): grpc.ClientUnaryCall;
  ListSessions(argument: _berth_v1_ListSessionsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_ListSessionsResponse__Output>): grpc.ClientUnaryCall;
  ListSessions(argument: _berth_v1_ListSessionsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_ListSessionsResponse__Output>): grpc.ClientUnaryCall;
  ListSessions(argument: _berth_v1_ListSessionsRequest, callback: grpc.requestCallback<_berth_v1_ListSessionsResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Sessions of the caller's tenant, in order of id, which is the order of creation.
   */
  listSessions(argument: _berth_v1_ListSessionsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_ListSessionsResponse__Output>): grpc.ClientUnaryCall;
  listSessions(argument: _berth_v1_ListSessionsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_ListSessionsResponse__Output>): grpc.ClientUnaryCall;
  listSessions(argument: _berth_v1_ListSessionsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_ListSessionsResponse__Output>): grpc.ClientUnaryCall;
  listSessions(argument: _berth_v1_ListSessionsRequest, callback: grpc.requestCallback<_berth_v1_ListSessionsResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * What AcquireSession with the same class and requirements would get now. Rents nothing, holds nothing: whoever
   * acquires first is served first. Refused as an acquire of the same would be; nothing to be had is no error.
   */
  QuoteSession(argument: _berth_v1_QuoteSessionRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_QuoteSessionResponse__Output>): grpc.ClientUnaryCall;
  QuoteSession(argument: _berth_v1_QuoteSessionRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_QuoteSessionResponse__Output>): grpc.ClientUnaryCall;
  QuoteSession(argument: _berth_v1_QuoteSessionRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_QuoteSessionResponse__Output>): grpc.ClientUnaryCall;
  QuoteSession(argument: _berth_v1_QuoteSessionRequest, callback: grpc.requestCallback<_berth_v1_QuoteSessionResponse__Output>): grpc.ClientUnaryCall;
  /**
   * What AcquireSession with the same class and requirements would get now. Rents nothing, holds nothing: whoever
   * acquires first is served first. Refused as an acquire of the same would be; nothing to be had is no error.
   */
  quoteSession(argument: _berth_v1_QuoteSessionRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_QuoteSessionResponse__Output>): grpc.ClientUnaryCall;
  quoteSession(argument: _berth_v1_QuoteSessionRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_QuoteSessionResponse__Output>): grpc.ClientUnaryCall;
  quoteSession(argument: _berth_v1_QuoteSessionRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_QuoteSessionResponse__Output>): grpc.ClientUnaryCall;
  quoteSession(argument: _berth_v1_QuoteSessionRequest, callback: grpc.requestCallback<_berth_v1_QuoteSessionResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Ends a session. Answers at once; its instance is destroyed afterwards. Releasing twice is not an error.
   * Releasing a request_id that the broker has not seen yet leaves a tombstone: the acquire that arrives
   * later is refused with ABORTED (RELEASED_BEFORE_ACQUIRE).
   */
  ReleaseSession(argument: _berth_v1_ReleaseSessionRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_ReleaseSessionResponse__Output>): grpc.ClientUnaryCall;
  ReleaseSession(argument: _berth_v1_ReleaseSessionRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_ReleaseSessionResponse__Output>): grpc.ClientUnaryCall;
  ReleaseSession(argument: _berth_v1_ReleaseSessionRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_ReleaseSessionResponse__Output>): grpc.ClientUnaryCall;
  ReleaseSession(argument: _berth_v1_ReleaseSessionRequest, callback: grpc.requestCallback<_berth_v1_ReleaseSessionResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Ends a session. Answers at once; its instance is destroyed afterwards. Releasing twice is not an error.
   * Releasing a request_id that the broker has not seen yet leaves a tombstone: the acquire that arrives
   * later is refused with ABORTED (RELEASED_BEFORE_ACQUIRE).
   */
  releaseSession(argument: _berth_v1_ReleaseSessionRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_ReleaseSessionResponse__Output>): grpc.ClientUnaryCall;
  releaseSession(argument: _berth_v1_ReleaseSessionRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_berth_v1_ReleaseSessionResponse__Output>): grpc.ClientUnaryCall;
  releaseSession(argument: _berth_v1_ReleaseSessionRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_berth_v1_ReleaseSessionResponse__Output>): grpc.ClientUnaryCall;
  releaseSession(argument: _berth_v1_ReleaseSessionRequest, callback: grpc.requestCallback<_berth_v1_ReleaseSessionResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * What the session's instance wrote to its standard output and error, oldest first.
   */
  StreamLogs(argument: _berth_v1_StreamLogsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_berth_v1_StreamLogsResponse__Output>;
  StreamLogs(argument: _berth_v1_StreamLogsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_berth_v1_StreamLogsResponse__Output>;
  /**
   * What the session's instance wrote to its standard output and error, oldest first.
   */
  streamLogs(argument: _berth_v1_StreamLogsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_berth_v1_StreamLogsResponse__Output>;
  streamLogs(argument: _berth_v1_StreamLogsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_berth_v1_StreamLogsResponse__Output>;
  
  /**
   * The present state first, then each later one. States in between may be left out; the last never is.
   * The stream ends after a state in phase RELEASED. Resume after a break with after_revision.
   */
  WatchSession(argument: _berth_v1_WatchSessionRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_berth_v1_WatchSessionResponse__Output>;
  WatchSession(argument: _berth_v1_WatchSessionRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_berth_v1_WatchSessionResponse__Output>;
  /**
   * The present state first, then each later one. States in between may be left out; the last never is.
   * The stream ends after a state in phase RELEASED. Resume after a break with after_revision.
   */
  watchSession(argument: _berth_v1_WatchSessionRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_berth_v1_WatchSessionResponse__Output>;
  watchSession(argument: _berth_v1_WatchSessionRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_berth_v1_WatchSessionResponse__Output>;
  
}

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
export interface SessionBrokerHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Asks for a session. Retrying with the same request_id and content answers the same session.
   * A session that ended before it was active is an error to the waiting call and to every retry of its
   * request_id: RESOURCE_EXHAUSTED (QUEUE_TIMEOUT), otherwise ABORTED with the reason.
   */
  AcquireSession: grpc.handleUnaryCall<_berth_v1_AcquireSessionRequest__Output, _berth_v1_AcquireSessionResponse>;
  
  /**
   * Moves the end of the session's lifetime to an absolute time, so that a retry extends only once.
   */
  ExtendSession: grpc.handleUnaryCall<_berth_v1_ExtendSessionRequest__Output, _berth_v1_ExtendSessionResponse>;
  
  /**
   * One session, also for 24 h after it ended. Confirms an unconfirmed session.
   */
  GetSession: grpc.handleUnaryCall<_berth_v1_GetSessionRequest__Output, _berth_v1_GetSessionResponse>;
  
  /**
   * Tells that the session is in use: restarts its idle time. Confirms an unconfirmed session.
   */
  KeepAlive: grpc.handleUnaryCall<_berth_v1_KeepAliveRequest__Output, _berth_v1_KeepAliveResponse>;
  
  /**
   * Sessions of the caller's tenant, in order of id, which is the order of creation.
   */
  ListSessions: grpc.handleUnaryCall<_berth_v1_ListSessionsRequest__Output, _berth_v1_ListSessionsResponse>;
  
  /**
   * What AcquireSession with the same class and requirements would get now. Rents nothing, holds nothing: whoever
   * acquires first is served first. Refused as an acquire of the same would be; nothing to be had is no error.
   */
  QuoteSession: grpc.handleUnaryCall<_berth_v1_QuoteSessionRequest__Output, _berth_v1_QuoteSessionResponse>;
  
  /**
   * Ends a session. Answers at once; its instance is destroyed afterwards. Releasing twice is not an error.
   * Releasing a request_id that the broker has not seen yet leaves a tombstone: the acquire that arrives
   * later is refused with ABORTED (RELEASED_BEFORE_ACQUIRE).
   */
  ReleaseSession: grpc.handleUnaryCall<_berth_v1_ReleaseSessionRequest__Output, _berth_v1_ReleaseSessionResponse>;
  
  /**
   * What the session's instance wrote to its standard output and error, oldest first.
   */
  StreamLogs: grpc.handleServerStreamingCall<_berth_v1_StreamLogsRequest__Output, _berth_v1_StreamLogsResponse>;
  
  /**
   * The present state first, then each later one. States in between may be left out; the last never is.
   * The stream ends after a state in phase RELEASED. Resume after a break with after_revision.
   */
  WatchSession: grpc.handleServerStreamingCall<_berth_v1_WatchSessionRequest__Output, _berth_v1_WatchSessionResponse>;
  
}

export interface SessionBrokerDefinition extends grpc.ServiceDefinition {
  AcquireSession: MethodDefinition<_berth_v1_AcquireSessionRequest, _berth_v1_AcquireSessionResponse, _berth_v1_AcquireSessionRequest__Output, _berth_v1_AcquireSessionResponse__Output>
  ExtendSession: MethodDefinition<_berth_v1_ExtendSessionRequest, _berth_v1_ExtendSessionResponse, _berth_v1_ExtendSessionRequest__Output, _berth_v1_ExtendSessionResponse__Output>
  GetSession: MethodDefinition<_berth_v1_GetSessionRequest, _berth_v1_GetSessionResponse, _berth_v1_GetSessionRequest__Output, _berth_v1_GetSessionResponse__Output>
  KeepAlive: MethodDefinition<_berth_v1_KeepAliveRequest, _berth_v1_KeepAliveResponse, _berth_v1_KeepAliveRequest__Output, _berth_v1_KeepAliveResponse__Output>
  ListSessions: MethodDefinition<_berth_v1_ListSessionsRequest, _berth_v1_ListSessionsResponse, _berth_v1_ListSessionsRequest__Output, _berth_v1_ListSessionsResponse__Output>
  QuoteSession: MethodDefinition<_berth_v1_QuoteSessionRequest, _berth_v1_QuoteSessionResponse, _berth_v1_QuoteSessionRequest__Output, _berth_v1_QuoteSessionResponse__Output>
  ReleaseSession: MethodDefinition<_berth_v1_ReleaseSessionRequest, _berth_v1_ReleaseSessionResponse, _berth_v1_ReleaseSessionRequest__Output, _berth_v1_ReleaseSessionResponse__Output>
  StreamLogs: MethodDefinition<_berth_v1_StreamLogsRequest, _berth_v1_StreamLogsResponse, _berth_v1_StreamLogsRequest__Output, _berth_v1_StreamLogsResponse__Output>
  WatchSession: MethodDefinition<_berth_v1_WatchSessionRequest, _berth_v1_WatchSessionResponse, _berth_v1_WatchSessionRequest__Output, _berth_v1_WatchSessionResponse__Output>
}
