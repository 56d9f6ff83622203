// Original file: proto/berth/v1/session.proto

import type { Long } from '@grpc/proto-loader';

export interface WatchSessionRequest {
  'id'?: (string);
  /**
   * Of a living session.
   */
  'name'?: (string);
  'requestId'?: (string);
  /**
   * Only states of a later revision than this; 0: the present one first. Good on every replica.
   */
  'afterRevision'?: (number | string | Long);
  /**
   * Which session. Required.
   */
  'session'?: "id"|"name"|"requestId";
}

export interface WatchSessionRequest__Output {
  'id'?: (string);
  /**
   * Of a living session.
   */
  'name'?: (string);
  'requestId'?: (string);
  /**
   * Only states of a later revision than this; 0: the present one first. Good on every replica.
   */
  'afterRevision': (number);
  /**
   * Which session. Required.
   */
  'session'?: "id"|"name"|"requestId";
}
