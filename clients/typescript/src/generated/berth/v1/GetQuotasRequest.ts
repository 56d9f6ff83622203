// Original file: proto/berth/v1/admin.proto


export interface GetQuotasRequest {
  /**
   * Only this tenant. Empty: for an admin every tenant with a quota or a living session, for a client its own.
   */
  'tenant'?: (string);
}

export interface GetQuotasRequest__Output {
  /**
   * Only this tenant. Empty: for an admin every tenant with a quota or a living session, for a client its own.
   */
  'tenant': (string);
}
