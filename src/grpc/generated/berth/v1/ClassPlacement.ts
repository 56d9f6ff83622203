// Original file: proto/berth/v1/admin.proto


/**
 * Where a class's instances may be rented. A caller may narrow it with its requirements, never widen it.
 */
export interface ClassPlacement {
  /**
   * In order of preference. Empty: any.
   */
  'gpuModels'?: (string)[];
  /**
   * Two-letter country codes. Empty: anywhere.
   */
  'regions'?: (string)[];
  /**
   * US dollars per hour, all parts together. Unset: only the provider's own cap holds.
   */
  'maxPricePerHour'?: (number | string);
  /**
   * 0 to 1.
   */
  'minReliability'?: (number | string);
  /**
   * Whether a cheaper instance that the provider may take back is taken where the caller does not say.
   */
  'interruptible'?: (boolean);
  '_maxPricePerHour'?: "maxPricePerHour";
}

/**
 * Where a class's instances may be rented. A caller may narrow it with its requirements, never widen it.
 */
export interface ClassPlacement__Output {
  /**
   * In order of preference. Empty: any.
   */
  'gpuModels': (string)[];
  /**
   * Two-letter country codes. Empty: anywhere.
   */
  'regions': (string)[];
  /**
   * US dollars per hour, all parts together. Unset: only the provider's own cap holds.
   */
  'maxPricePerHour'?: (number);
  /**
   * 0 to 1.
   */
  'minReliability': (number);
  /**
   * Whether a cheaper instance that the provider may take back is taken where the caller does not say.
   */
  'interruptible': (boolean);
  '_maxPricePerHour'?: "maxPricePerHour";
}
