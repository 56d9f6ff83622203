// Original file: proto/berth/v1/session.proto


export interface StreamLogsRequest {
  'id'?: (string);
  /**
   * Of a living session.
   */
  'name'?: (string);
  'requestId'?: (string);
  /**
   * Go on as the instance writes, until it ends.
   */
  'follow'?: (boolean);
  /**
   * Begin with this many lines before the end, 0 to 100,000. Unset: from the beginning of what is kept.
   */
  'tailLines'?: (number);
  /**
   * Which session. Required.
   */
  'session'?: "id"|"name"|"requestId";
  '_tailLines'?: "tailLines";
}

export interface StreamLogsRequest__Output {
  'id'?: (string);
  /**
   * Of a living session.
   */
  'name'?: (string);
  'requestId'?: (string);
  /**
   * Go on as the instance writes, until it ends.
   */
  'follow': (boolean);
  /**
   * Begin with this many lines before the end, 0 to 100,000. Unset: from the beginning of what is kept.
   */
  'tailLines'?: (number);
  /**
   * Which session. Required.
   */
  'session'?: "id"|"name"|"requestId";
  '_tailLines'?: "tailLines";
}
