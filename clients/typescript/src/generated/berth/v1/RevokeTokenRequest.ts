// Original file: proto/berth/v1/admin.proto


export interface RevokeTokenRequest {
  /**
   * Required.
   */
  'id'?: (string);
}

export interface RevokeTokenRequest__Output {
  /**
   * Required.
   */
  'id': (string);
}
