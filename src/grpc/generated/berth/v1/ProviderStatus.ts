// Original file: proto/berth/v1/admin.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { Long } from '@grpc/proto-loader';

export interface ProviderStatus {
  'name'?: (string);
  /**
   * Instances that count toward the cap.
   */
  'instances'?: (number | string | Long);
  'maxInstances'?: (number | string | Long);
  /**
   * When the provider was last listed completely.
   */
  'listTime'?: (_google_protobuf_Timestamp | null);
  /**
   * Why the last listing failed; empty when it did not.
   */
  'listError'?: (string);
}

export interface ProviderStatus__Output {
  'name': (string);
  /**
   * Instances that count toward the cap.
   */
  'instances': (number);
  'maxInstances': (number);
  /**
   * When the provider was last listed completely.
   */
  'listTime': (_google_protobuf_Timestamp__Output | null);
  /**
   * Why the last listing failed; empty when it did not.
   */
  'listError': (string);
}
