// Original file: proto/berth/v1/session.proto

import type { EndpointPort as _berth_v1_EndpointPort, EndpointPort__Output as _berth_v1_EndpointPort__Output } from '../../berth/v1/EndpointPort.ts';

export interface Endpoint {
  'ports'?: (_berth_v1_EndpointPort)[];
  /**
   * Whether the address stays the same when the instance behind it is replaced.
   */
  'stable'?: (boolean);
  /**
   * What the ports that say token_required ask for: send it as "authorization: Bearer TOKEN", or open the port's link
   * once in a browser. Only in the answers of AcquireSession and GetSession; empty where no port asks for one.
   */
  'accessToken'?: (string);
}

export interface Endpoint__Output {
  'ports': (_berth_v1_EndpointPort__Output)[];
  /**
   * Whether the address stays the same when the instance behind it is replaced.
   */
  'stable': (boolean);
  /**
   * What the ports that say token_required ask for: send it as "authorization: Bearer TOKEN", or open the port's link
   * once in a browser. Only in the answers of AcquireSession and GetSession; empty where no port asks for one.
   */
  'accessToken': (string);
}
