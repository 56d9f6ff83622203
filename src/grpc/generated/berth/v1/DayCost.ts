// Original file: proto/berth/v1/admin.proto


export interface DayCost {
  /**
   * A UTC day, such as "2026-11-22".
   */
  'day'?: (string);
  /**
   * US dollars.
   */
  'cost'?: (number | string);
}

export interface DayCost__Output {
  /**
   * A UTC day, such as "2026-11-22".
   */
  'day': (string);
  /**
   * US dollars.
   */
  'cost': (number);
}
