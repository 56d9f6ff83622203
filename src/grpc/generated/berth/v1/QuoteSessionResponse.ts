// Original file: proto/berth/v1/session.proto

import type { QuotedOffer as _berth_v1_QuotedOffer, QuotedOffer__Output as _berth_v1_QuotedOffer__Output } from '../../berth/v1/QuotedOffer.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

export interface QuoteSessionResponse {
  /**
   * Where the class's instances come from, such as "vastai".
   */
  'provider'?: (string);
  /**
   * Reserve members that would do: an acquire takes one of them first, and has it at once.
   */
  'readyInReserve'?: (number);
  /**
   * What would be taken next, the best first. A provider without a market tells one at most: what it would give.
   */
  'offers'?: (_berth_v1_QuotedOffer)[];
  /**
   * Offers that would do, told or not.
   */
  'suitable'?: (number);
  /**
   * How many offers would not, by the first rule that refuses them, such as "price", "region" or
   * "machine-banned".
   */
  'refused'?: ({[key: string]: number});
  /**
   * Why there is nothing, or why nothing would be rented now, in words for people. Empty otherwise.
   */
  'why'?: (string);
  /**
   * When the provider was asked; answers are shared and may be as old as the class's offers are kept.
   */
  'takeTime'?: (_google_protobuf_Timestamp | null);
}

export interface QuoteSessionResponse__Output {
  /**
   * Where the class's instances come from, such as "vastai".
   */
  'provider': (string);
  /**
   * Reserve members that would do: an acquire takes one of them first, and has it at once.
   */
  'readyInReserve': (number);
  /**
   * What would be taken next, the best first. A provider without a market tells one at most: what it would give.
   */
  'offers': (_berth_v1_QuotedOffer__Output)[];
  /**
   * Offers that would do, told or not.
   */
  'suitable': (number);
  /**
   * How many offers would not, by the first rule that refuses them, such as "price", "region" or
   * "machine-banned".
   */
  'refused': ({[key: string]: number});
  /**
   * Why there is nothing, or why nothing would be rented now, in words for people. Empty otherwise.
   */
  'why': (string);
  /**
   * When the provider was asked; answers are shared and may be as old as the class's offers are kept.
   */
  'takeTime': (_google_protobuf_Timestamp__Output | null);
}
