// Original file: proto/berth/v1/admin.proto


export interface ListInstancesRequest {
  /**
   * 1 to 1,000. Default (0): 100.
   */
  'pageSize'?: (number);
  /**
   * From the answer before; stays good while instances come and go.
   */
  'pageToken'?: (string);
  /**
   * Only this class. Empty: any.
   */
  'class'?: (string);
}

export interface ListInstancesRequest__Output {
  /**
   * 1 to 1,000. Default (0): 100.
   */
  'pageSize': (number);
  /**
   * From the answer before; stays good while instances come and go.
   */
  'pageToken': (string);
  /**
   * Only this class. Empty: any.
   */
  'class': (string);
}
