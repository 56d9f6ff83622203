// Original file: proto/berth/v1/admin.proto

import type { Protocol as _berth_v1_Protocol, Protocol__Output as _berth_v1_Protocol__Output } from '../../berth/v1/Protocol.ts';

export interface ClassPort {
  'name'?: (string);
  'protocol'?: (_berth_v1_Protocol);
  /**
   * Where the program in the image listens. 0: it is told.
   */
  'number'?: (number);
}

export interface ClassPort__Output {
  'name': (string);
  'protocol': (_berth_v1_Protocol__Output);
  /**
   * Where the program in the image listens. 0: it is told.
   */
  'number': (number);
}
