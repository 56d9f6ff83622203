// Original file: proto/berth/v1/admin.proto


export interface SetRentingRequest {
  /**
   * Unset is off.
   */
  'on'?: (boolean);
  /**
   * For people, 0 to 256 characters; shown in the status and to sessions that wait.
   */
  'why'?: (string);
}

export interface SetRentingRequest__Output {
  /**
   * Unset is off.
   */
  'on': (boolean);
  /**
   * For people, 0 to 256 characters; shown in the status and to sessions that wait.
   */
  'why': (string);
}
