// Original file: proto/berth/v1/session.proto

import type { Protocol as _berth_v1_Protocol, Protocol__Output as _berth_v1_Protocol__Output } from '../../berth/v1/Protocol.ts';

export interface EndpointPort {
  /**
   * The port's name in the class, such as "http".
   */
  'name'?: (string);
  'protocol'?: (_berth_v1_Protocol);
  'host'?: (string);
  'port'?: (number);
  /**
   * Ready to use, such as "http://127.0.0.1:20001" or "tcp://127.0.0.1:20002".
   */
  'url'?: (string);
  /**
   * Whether only requests that carry the session's access token are let through. Never for TCP, which cannot be asked
   * for one.
   */
  'tokenRequired'?: (boolean);
  /**
   * With the access token, for a browser: it is turned into a cookie and leaves the address at once. Empty without a
   * token and for protocols other than HTTP.
   */
  'link'?: (string);
}

export interface EndpointPort__Output {
  /**
   * The port's name in the class, such as "http".
   */
  'name': (string);
  'protocol': (_berth_v1_Protocol__Output);
  'host': (string);
  'port': (number);
  /**
   * Ready to use, such as "http://127.0.0.1:20001" or "tcp://127.0.0.1:20002".
   */
  'url': (string);
  /**
   * Whether only requests that carry the session's access token are let through. Never for TCP, which cannot be asked
   * for one.
   */
  'tokenRequired': (boolean);
  /**
   * With the access token, for a browser: it is turned into a cookie and leaves the address at once. Empty without a
   * token and for protocols other than HTTP.
   */
  'link': (string);
}
