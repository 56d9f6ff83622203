// Original file: proto/berth/v1/admin.proto


export interface SetReserveRequest {
  /**
   * Required.
   */
  'class'?: (string);
  /**
   * Ready instances to keep, 0 to 100,000. Unset: back to what the class's configuration says.
   */
  'target'?: (number);
  '_target'?: "target";
}

export interface SetReserveRequest__Output {
  /**
   * Required.
   */
  'class': (string);
  /**
   * Ready instances to keep, 0 to 100,000. Unset: back to what the class's configuration says.
   */
  'target'?: (number);
  '_target'?: "target";
}
