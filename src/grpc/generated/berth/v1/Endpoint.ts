// Original file: proto/berth/v1/session.proto

import type { EndpointPort as _berth_v1_EndpointPort, EndpointPort__Output as _berth_v1_EndpointPort__Output } from '../../berth/v1/EndpointPort.ts';

export interface Endpoint {
  'ports'?: (_berth_v1_EndpointPort)[];
  /**
   * Whether the address stays the same when the instance behind it is replaced.
   */
  'stable'?: (boolean);
}

export interface Endpoint__Output {
  'ports': (_berth_v1_EndpointPort__Output)[];
  /**
   * Whether the address stays the same when the instance behind it is replaced.
   */
  'stable': (boolean);
}
