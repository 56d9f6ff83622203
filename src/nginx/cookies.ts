/** Cookies in one pattern, and patterns one after the other. Beyond that no cookie goes on: there is no room for more. */
const AT_ONCE = 8;
const PASSES = 8;

/** As loosely as nginx reads cookies: names without regard to case, spaces around them, a comma as good as `;`. */
const NAME = '[;,] *berth_[0-9a-z]{26} *=';
const RUN = `(?:${NAME}[^;]*)+`;

/**
 * At the level of `http`: `$berth_cookie` is what the instance may see of the cookies. A browser sends the cookies of
 * every proxy of this host, also to a session of somebody else, whose instance could use them: none of them goes on.
 */
export function cookieMaps(): readonly string[] {
  const names = Array.from({ length: AT_ONCE }, (_, i) => `berth_keep_${i}`);
  const [first = '', ...more] = names;
  const pattern = `~*^(?<${first}>.*?)${RUN}${more.map((n) => `(?:(?<${n}>.*?)${RUN})?`).join('')}(?<berth_rest>.*)$`;
  const kept = [...names, 'berth_rest'].map((n) => `$${n}`).join('');
  const passes = Array.from({ length: PASSES }, (_, i) => {
    const from = i === 0 ? '";$http_cookie"' : `$berth_cookies_${i}`;
    return `map ${from} $berth_cookies_${i + 1} { "${pattern}" "${kept}"; default ${from}; }`;
  });
  return [
    ...passes,
    // Instances may read cookies more loosely still.
    `map $berth_cookies_${PASSES} $berth_cookie { "~*berth_[0-9a-z]{26}\\s*=" '';`,
    '  "~^;[ ;]*(?<berth_cookies_kept>.*)$" $berth_cookies_kept; }',
  ];
}

export const withoutCookies = (module: 'proxy' | 'grpc'): string => `${module}_set_header Cookie $berth_cookie;`;
