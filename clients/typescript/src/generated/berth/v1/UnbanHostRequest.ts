// Original file: proto/berth/v1/admin.proto


export interface UnbanHostRequest {
  /**
   * As in BanHostRequest. Required.
   */
  'provider'?: (string);
  /**
   * Its own ban; a ban of its host stays.
   */
  'machineId'?: (string);
  /**
   * The host's ban; bans of its machines stay.
   */
  'hostId'?: (string);
  /**
   * Required.
   */
  'target'?: "machineId"|"hostId";
}

export interface UnbanHostRequest__Output {
  /**
   * As in BanHostRequest. Required.
   */
  'provider': (string);
  /**
   * Its own ban; a ban of its host stays.
   */
  'machineId'?: (string);
  /**
   * The host's ban; bans of its machines stay.
   */
  'hostId'?: (string);
  /**
   * Required.
   */
  'target'?: "machineId"|"hostId";
}
