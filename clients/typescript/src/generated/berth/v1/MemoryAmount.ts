// Original file: proto/berth/v1/session.proto

import type { Long } from '@grpc/proto-loader';

export interface MemoryAmount {
  /**
   * Bytes that are kept for the session, 1 MiB to 64 TiB.
   */
  'requestBytes'?: (number | string | Long);
  /**
   * Bytes that it may use at most, 1 MiB to 64 TiB; not below request_bytes.
   */
  'limitBytes'?: (number | string | Long);
  '_requestBytes'?: "requestBytes";
  '_limitBytes'?: "limitBytes";
}

export interface MemoryAmount__Output {
  /**
   * Bytes that are kept for the session, 1 MiB to 64 TiB.
   */
  'requestBytes'?: (number);
  /**
   * Bytes that it may use at most, 1 MiB to 64 TiB; not below request_bytes.
   */
  'limitBytes'?: (number);
  '_requestBytes'?: "requestBytes";
  '_limitBytes'?: "limitBytes";
}
