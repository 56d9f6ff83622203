// Original file: proto/berth/v1/session.proto


export interface CpuAmount {
  /**
   * Cores that are kept for the session, 0.001 to 1,024.
   */
  'request'?: (number | string);
  /**
   * Cores that it may use at most, 0.001 to 1,024; not below request.
   */
  'limit'?: (number | string);
  '_request'?: "request";
  '_limit'?: "limit";
}

export interface CpuAmount__Output {
  /**
   * Cores that are kept for the session, 0.001 to 1,024.
   */
  'request'?: (number);
  /**
   * Cores that it may use at most, 0.001 to 1,024; not below request.
   */
  'limit'?: (number);
  '_request'?: "request";
  '_limit'?: "limit";
}
