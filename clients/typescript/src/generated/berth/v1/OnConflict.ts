// Original file: proto/berth/v1/session.proto

export const OnConflict = {
  /**
   * The same as ON_CONFLICT_FAIL.
   */
  ON_CONFLICT_UNSPECIFIED: 'ON_CONFLICT_UNSPECIFIED',
  /**
   * Refuse with ALREADY_EXISTS.
   */
  ON_CONFLICT_FAIL: 'ON_CONFLICT_FAIL',
  /**
   * Answer the living session of that name, whatever it was asked with.
   */
  ON_CONFLICT_RETURN: 'ON_CONFLICT_RETURN',
  /**
   * Release the living session of that name and start a new one.
   */
  ON_CONFLICT_REPLACE: 'ON_CONFLICT_REPLACE',
} as const;

export type OnConflict =
  /**
   * The same as ON_CONFLICT_FAIL.
   */
  | 'ON_CONFLICT_UNSPECIFIED'
  | 0
  /**
   * Refuse with ALREADY_EXISTS.
   */
  | 'ON_CONFLICT_FAIL'
  | 1
  /**
   * Answer the living session of that name, whatever it was asked with.
   */
  | 'ON_CONFLICT_RETURN'
  | 2
  /**
   * Release the living session of that name and start a new one.
   */
  | 'ON_CONFLICT_REPLACE'
  | 3

export type OnConflict__Output = typeof OnConflict[keyof typeof OnConflict]
