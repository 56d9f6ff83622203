// Original file: proto/berth/v1/admin.proto


export interface GetReserveRequest {
  /**
   * Empty: all classes.
   */
  'class'?: (string);
}

export interface GetReserveRequest__Output {
  /**
   * Empty: all classes.
   */
  'class': (string);
}
