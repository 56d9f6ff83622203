// Original file: proto/berth/v1/session.proto

export const Protocol = {
  PROTOCOL_UNSPECIFIED: 'PROTOCOL_UNSPECIFIED',
  /**
   * HTTP/1.1, WebSocket included.
   */
  PROTOCOL_HTTP: 'PROTOCOL_HTTP',
  /**
   * gRPC over HTTP/2 without TLS.
   */
  PROTOCOL_GRPC: 'PROTOCOL_GRPC',
  PROTOCOL_TCP: 'PROTOCOL_TCP',
} as const;

export type Protocol =
  | 'PROTOCOL_UNSPECIFIED'
  | 0
  /**
   * HTTP/1.1, WebSocket included.
   */
  | 'PROTOCOL_HTTP'
  | 1
  /**
   * gRPC over HTTP/2 without TLS.
   */
  | 'PROTOCOL_GRPC'
  | 2
  | 'PROTOCOL_TCP'
  | 3

export type Protocol__Output = typeof Protocol[keyof typeof Protocol]
