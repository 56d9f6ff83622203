const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'host name not found',
  EPIPE: 'connection reset',
  ETIMEDOUT: 'connection timed out',
};

/** What a socket or an answer failed of, for people. */
export function inWords(err: Error): string {
  const code = 'code' in err ? String(err.code) : '';
  if (code === 'HPE_HEADER_OVERFLOW') return 'headers without an end';
  if (code.startsWith('HPE_')) return 'not an HTTP answer';
  return WORDS[code] ?? (code === '' ? err.message : code);
}
