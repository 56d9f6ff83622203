// Original file: proto/berth/v1/session.proto


export interface StreamLogsResponse {
  /**
   * Bytes as written, at most 64 KiB; not cut at line ends.
   */
  'data'?: (Buffer | Uint8Array | string);
}

export interface StreamLogsResponse__Output {
  /**
   * Bytes as written, at most 64 KiB; not cut at line ends.
   */
  'data': (Buffer);
}
