// Original file: proto/berth/v1/admin.proto

import type { ClassPort as _berth_v1_ClassPort, ClassPort__Output as _berth_v1_ClassPort__Output } from '../../berth/v1/ClassPort.ts';
import type { Resources as _berth_v1_Resources, Resources__Output as _berth_v1_Resources__Output } from '../../berth/v1/Resources.ts';
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';
import type { ClassPlacement as _berth_v1_ClassPlacement, ClassPlacement__Output as _berth_v1_ClassPlacement__Output } from '../../berth/v1/ClassPlacement.ts';

/**
 * A session class as far as callers need to know it.
 */
export interface SessionClass {
  'name'?: (string);
  'description'?: (string);
  'provider'?: (string);
  /**
   * "direct" and later "nginx-local", "nginx-pod".
   */
  'proxy'?: (string);
  'ports'?: (_berth_v1_ClassPort)[];
  /**
   * What a session gets that asks for nothing.
   */
  'resources'?: (_berth_v1_Resources | null);
  'defaultLifetime'?: (_google_protobuf_Duration | null);
  'minLifetime'?: (_google_protobuf_Duration | null);
  'maxLifetime'?: (_google_protobuf_Duration | null);
  /**
   * No extension passes this, counted from active.
   */
  'maxAge'?: (_google_protobuf_Duration | null);
  /**
   * 0: never idle.
   */
  'defaultIdleTimeout'?: (_google_protobuf_Duration | null);
  'defaultQueueTimeout'?: (_google_protobuf_Duration | null);
  'commandAllowed'?: (boolean);
  /**
   * Names, or patterns with "*", of environment variables that a caller may set.
   */
  'envAllowed'?: (string)[];
  /**
   * Median of the last measured cold starts. Unset until there is one.
   */
  'expectedStart'?: (_google_protobuf_Duration | null);
  /**
   * Whether the endpoint asks for the session's access token.
   */
  'tokenRequired'?: (boolean);
  /**
   * Whether an instance that is lost in use is replaced behind the endpoint; otherwise the session ends.
   */
  'replacesLost'?: (boolean);
  /**
   * What its instances are made from, where the provider runs images. Empty: none, or the template's.
   */
  'image'?: (string);
  /**
   * The provider's template, by hash or number. Empty: none.
   */
  'template'?: (string);
  /**
   * Set where the provider has a market.
   */
  'placement'?: (_berth_v1_ClassPlacement | null);
}

/**
 * A session class as far as callers need to know it.
 */
export interface SessionClass__Output {
  'name': (string);
  'description': (string);
  'provider': (string);
  /**
   * "direct" and later "nginx-local", "nginx-pod".
   */
  'proxy': (string);
  'ports': (_berth_v1_ClassPort__Output)[];
  /**
   * What a session gets that asks for nothing.
   */
  'resources': (_berth_v1_Resources__Output | null);
  'defaultLifetime': (_google_protobuf_Duration__Output | null);
  'minLifetime': (_google_protobuf_Duration__Output | null);
  'maxLifetime': (_google_protobuf_Duration__Output | null);
  /**
   * No extension passes this, counted from active.
   */
  'maxAge': (_google_protobuf_Duration__Output | null);
  /**
   * 0: never idle.
   */
  'defaultIdleTimeout': (_google_protobuf_Duration__Output | null);
  'defaultQueueTimeout': (_google_protobuf_Duration__Output | null);
  'commandAllowed': (boolean);
  /**
   * Names, or patterns with "*", of environment variables that a caller may set.
   */
  'envAllowed': (string)[];
  /**
   * Median of the last measured cold starts. Unset until there is one.
   */
  'expectedStart': (_google_protobuf_Duration__Output | null);
  /**
   * Whether the endpoint asks for the session's access token.
   */
  'tokenRequired': (boolean);
  /**
   * Whether an instance that is lost in use is replaced behind the endpoint; otherwise the session ends.
   */
  'replacesLost': (boolean);
  /**
   * What its instances are made from, where the provider runs images. Empty: none, or the template's.
   */
  'image': (string);
  /**
   * The provider's template, by hash or number. Empty: none.
   */
  'template': (string);
  /**
   * Set where the provider has a market.
   */
  'placement': (_berth_v1_ClassPlacement__Output | null);
}
