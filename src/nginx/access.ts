/** What callers must bring, and where a browser keeps it. */
export type NginxAccess = {
  /** Hexadecimal, so that nginx's maps, which ignore case, are as good as exact. */
  readonly token: string;
  /** The parameter of a query that brings it. Lowercase letters, digits and `_`. */
  readonly parameter: string;
  /** Cookies are shared by all ports of a host: a name that no other proxy has, `berth_` and 26 lowercase letters and
   *  digits. */
  readonly cookie: string;
};

/**
 * At the level of `http`: who is let in, and what of their request the instance may see.
 *
 * `$berth_entry` is `open` for one who may go on, `link` for one who came by the link and is sent on with a cookie,
 * and empty for all others. The token is compared by nginx's hash of the whole text, not letter by letter.
 * @throws RangeError for a token or name of another form, which might be more than a word of the configuration
 */
export function accessMaps({ token, parameter, cookie }: NginxAccess): readonly string[] {
  if (!/^[0-9a-f]{32,128}$/.test(token)) throw new RangeError('the access token is not 32 to 128 hexadecimal digits');
  if (!/^[a-z0-9_]{1,100}$/.test(parameter)) throw new RangeError(`not usable as a name: ${parameter}`);
  if (!/^berth_[0-9a-z]{26}$/.test(cookie)) throw new RangeError(`not usable as a name: ${cookie}`);
  const given = [`'Bearer ${token}'`, `'token ${token}'`];
  const pair = `${parameter}=${token}`;
  return [
    `map $http_authorization $berth_by_header { ${given.map((g) => `${g} 1;`).join(' ')} default ''; }`,
    `map $cookie_${cookie} $berth_by_cookie { ${token} 1; default ''; }`,
    ...ownPages(),
    // The same place without the token. Relative to it, so that no path can lead to another host (`//elsewhere/`),
    // and so that it holds behind proxies which add to the path. Empty: the token is not in the query.
    "map $request_uri $berth_link { default '';",
    `  "~^[^?]*/(?<berth_a>[^/?]*)\\?${pair}$" ./$berth_a;`,
    `  "~^[^?]*/(?<berth_b>[^/?]*\\?)${pair}&(?<berth_c>.*)$" ./$berth_b$berth_c;`,
    `  "~^[^?]*/(?<berth_d>[^/?]*\\?.*)&${pair}(?<berth_e>&.*)?$" ./$berth_d$berth_e;`,
    '}',
    // Whoever else is let in: an address that holds the token goes to nobody, so only a GET may bring it.
    "map $berth_by_header:$berth_by_cookie:$berth_page $berth_known { ~^1: open; :1:own open; default ''; }",
    "map $request_method:$berth_link $berth_entry { '~^GET:.' link; '~^[^:]*:$' $berth_known; default ''; }",
    "map $berth_proto $berth_secure { ~*^https$ '; Secure'; default ''; }",
    `map $berth_entry $berth_new_cookie { link '${cookie}=${token}; HttpOnly; SameSite=Lax; Path=/$berth_secure'; default ''; }`,
    "map $berth_entry $berth_link_cache { link no-store; default ''; }",
    "map $berth_entry $berth_link_referrer { link no-referrer; default ''; }",
    `map $http_authorization $berth_authorization { ${given.map((g) => `${g} '';`).join(' ')} default $http_authorization; }`,
  ];
}

/**
 * `$berth_page` is `own` unless a page of somewhere else had the browser send the request. To a browser all ports of a
 * host are one site: it sends the cookie along with whatever the page of another session asks for. From elsewhere one
 * may follow a link to here, or show this session in a frame, and no more.
 */
const ownPages = (): readonly string[] => [
  "map $http_sec_fetch_site:$http_sec_fetch_mode:$request_method $berth_sent { '~^(?:same-origin|none):' own;",
  "  '~^[^:]+:navigate:(?:GET|HEAD)$' own; '~^:' untold; default other; }",
  // Browsers tell more only over TLS or on this machine, but Origin everywhere where it matters. An outer proxy may
  // have left the port out of Host.
  "map '$berth_sent $http_origin $berth_forwarded_host $berth_host' $berth_page { '~^own ' own; '~^untold  ' own;",
  "  '~*^untold https?://([^ :]+|\\[[^ ]+\\])(:\\d+)? (?:.*[ ,])?\\1(?:\\2)?(?:[ ,].*)?$' own; default ''; }",
];

/** At the level of a server of protocol http or grpc, before any location. */
export const doorkeeper = (): readonly string[] => [
  "if ($berth_entry = '') { return 401; }",
  'if ($berth_entry = link) { return 303 $berth_link; }',
  // Without a value they are not sent.
  'add_header Set-Cookie $berth_new_cookie always;',
  'add_header Cache-Control $berth_link_cache always;',
  'add_header Referrer-Policy $berth_link_referrer always;',
];

/** At most one word, a blank and another: `token 0a1b`, `Basic ...`.
 *  @throws RangeError for what might be more than one word of the configuration */
export function asAuthorization(text: string): string {
  if (!/^[\w+/=.~-]+(?: [\w+/=.~-]+)?$/.test(text)) throw new RangeError('the authorization is not "SCHEME VALUE"');
  return `'${text}'`;
}

/** The token does not reach the instance; another Authorization does. */
export const withoutToken = (module: 'proxy' | 'grpc'): readonly string[] => [
  `${module}_set_header Authorization $berth_authorization;`,
];
