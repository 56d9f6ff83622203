// Original file: proto/berth/v1/admin.proto

export const Role = {
  ROLE_UNSPECIFIED: 'ROLE_UNSPECIFIED',
  /**
   * Its own tenant's sessions.
   */
  ROLE_CLIENT: 'ROLE_CLIENT',
  /**
   * Everything.
   */
  ROLE_ADMIN: 'ROLE_ADMIN',
} as const;

export type Role =
  | 'ROLE_UNSPECIFIED'
  | 0
  /**
   * Its own tenant's sessions.
   */
  | 'ROLE_CLIENT'
  | 1
  /**
   * Everything.
   */
  | 'ROLE_ADMIN'
  | 2

export type Role__Output = typeof Role[keyof typeof Role]
