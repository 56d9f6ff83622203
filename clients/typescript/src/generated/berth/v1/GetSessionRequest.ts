// Original file: proto/berth/v1/session.proto


export interface GetSessionRequest {
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

export interface GetSessionRequest__Output {
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
