// Original file: proto/berth/v1/admin.proto


/**
 * Which events. What is empty or unset matches any.
 */
export interface EventFilter {
  /**
   * "session", "instance", "proxy", "reserve", "host", "renting".
   */
  'kinds'?: (string)[];
  /**
   * Events of this session, and of its instances and proxies.
   */
  'sessionId'?: (string);
  'class'?: (string);
  'tenant'?: (string);
}

/**
 * Which events. What is empty or unset matches any.
 */
export interface EventFilter__Output {
  /**
   * "session", "instance", "proxy", "reserve", "host", "renting".
   */
  'kinds': (string)[];
  /**
   * Events of this session, and of its instances and proxies.
   */
  'sessionId': (string);
  'class': (string);
  'tenant': (string);
}
