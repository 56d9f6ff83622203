// Original file: proto/berth/v1/admin.proto


export interface ListHostsRequest {
  /**
   * 1 to 1,000. Default (0): 100.
   */
  'pageSize'?: (number);
  /**
   * From the answer before; stays good while entries come and go.
   */
  'pageToken'?: (string);
  /**
   * Only of this provider. Empty: any.
   */
  'provider'?: (string);
  /**
   * Only what may not be rented now.
   */
  'bannedOnly'?: (boolean);
}

export interface ListHostsRequest__Output {
  /**
   * 1 to 1,000. Default (0): 100.
   */
  'pageSize': (number);
  /**
   * From the answer before; stays good while entries come and go.
   */
  'pageToken': (string);
  /**
   * Only of this provider. Empty: any.
   */
  'provider': (string);
  /**
   * Only what may not be rented now.
   */
  'bannedOnly': (boolean);
}
