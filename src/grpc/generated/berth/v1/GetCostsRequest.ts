// Original file: proto/berth/v1/admin.proto


export interface GetCostsRequest {
  /**
   * Only this tenant. Empty: for an admin every tenant, for a client its own.
   */
  'tenant'?: (string);
  /**
   * How many UTC days back ended sessions are told, today included, 1 to 90. Default (0): 30.
   */
  'days'?: (number);
}

export interface GetCostsRequest__Output {
  /**
   * Only this tenant. Empty: for an admin every tenant, for a client its own.
   */
  'tenant': (string);
  /**
   * How many UTC days back ended sessions are told, today included, 1 to 90. Default (0): 30.
   */
  'days': (number);
}
