// Original file: proto/berth/v1/admin.proto


export interface TerminateSessionRequest {
  /**
   * Required.
   */
  'id'?: (string);
  /**
   * For the session's end_detail and the log, 0 to 512 characters.
   */
  'detail'?: (string);
}

export interface TerminateSessionRequest__Output {
  /**
   * Required.
   */
  'id': (string);
  /**
   * For the session's end_detail and the log, 0 to 512 characters.
   */
  'detail': (string);
}
