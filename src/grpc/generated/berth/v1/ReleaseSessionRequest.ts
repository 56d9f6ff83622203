// Original file: proto/berth/v1/session.proto


export interface ReleaseSessionRequest {
  'id'?: (string);
  /**
   * Of a living session.
   */
  'name'?: (string);
  'requestId'?: (string);
  /**
   * Which session. Required.
   */
  'session'?: "id"|"name"|"requestId";
}

export interface ReleaseSessionRequest__Output {
  'id'?: (string);
  /**
   * Of a living session.
   */
  'name'?: (string);
  'requestId'?: (string);
  /**
   * Which session. Required.
   */
  'session'?: "id"|"name"|"requestId";
}
