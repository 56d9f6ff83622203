import type { ProxySettings } from '../domain/proxy.ts';
import { accessMaps, asAuthorization, doorkeeper, withoutToken } from './access.ts';
import { answerLocations, answerMaps, grpcAnswerLocations } from './answers.ts';
import { cookieMaps, withoutCookies } from './cookies.ts';
import type { NginxDescription, NginxPort } from './describe.ts';

/**
 * The whole nginx.conf. What passes is changed as little as nginx can be made to: path, query and escaping as sent,
 * Host as sent, all headers, bodies streamed in both directions.
 * @throws RangeError for an address or path that would not be one word of the configuration
 */
export function renderNginx(d: NginxDescription): string {
  const streams = d.ports.filter((p) => p.protocol === 'tcp');
  return [
    '# Made by berth; changes are overwritten.',
    ...d.dialect.modules.map((path) => `load_module ${word(path)};`),
    `daemon ${d.daemon ? 'on' : 'off'};`,
    'worker_processes 1;',
    `worker_shutdown_timeout ${ms(d.settings.drainTimeoutMs)};`,
    // Two for each client: its own and the one to the instance. A few for the status and the listeners.
    `worker_rlimit_nofile ${2 * d.settings.maxConnections + 64};`,
    `pid ${word(d.files.pid)};`,
    // Lines of lower levels repeat what the access log says.
    `error_log ${word(d.files.errorLog)} crit;`,
    ...block('events', [`worker_connections ${2 * d.settings.maxConnections + 32};`]),
    ...block('http', http(d)),
    ...(streams.length === 0 ? [] : block('stream', stream(d, streams))),
    '',
  ].join('\n');
}

const block = (head: string, lines: readonly string[]): readonly string[] => [
  `${head} {`,
  ...lines.map((l) => `  ${l}`),
  '}',
];

const ms = (n: number): string => `${Math.round(n)}ms`;

/** Addresses come from strangers: nothing in them may end the word that they stand in. */
function word(text: string): string {
  if (!/^[\w./:[\]@-]+$/.test(text)) throw new RangeError(`not usable in an nginx configuration: ${text}`);
  return text;
}

const upstreamName = (p: NginxPort): string => `berth_${p.protocol}_${p.name.replaceAll(/[^a-z0-9]/g, '_')}`;

function address({ host, port }: NonNullable<NginxPort['upstream']>): string {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new RangeError(`not a port: ${port}`);
  if (host === '') throw new RangeError('an address without a host');
  return word(host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
}

/** The upstream of one port, kept open for `keepalive` requests to come. */
function upstream(p: NginxPort, keepalive: readonly string[]): readonly string[] {
  if (p.upstream === null) return [];
  return block(`upstream ${upstreamName(p)}`, [`server ${address(p.upstream)} max_fails=0;`, ...keepalive]);
}

/** Shorter than any server's own limit, since a request with a body cannot be sent a second time. */
const KEEPALIVE = ['keepalive 32;', 'keepalive_timeout 1s;', 'keepalive_requests 1000000;'];

const ACCESS = [
  '"time":"$time_iso8601"',
  '"client":"$remote_addr"',
  '"forwarded_for":"$http_x_forwarded_for"',
  '"host":"$http_host"',
  '"port":"$berth_port"',
  '"method":"$request_method"',
  '"path":"$berth_path"',
  '"protocol":"$server_protocol"',
  '"status":$status',
  '"received":$request_length',
  '"sent":$bytes_sent',
  '"seconds":$request_time',
  '"upstream":"$upstream_addr"',
  '"upstream_status":"$upstream_status"',
  '"upstream_seconds":"$upstream_response_time"',
  '"user_agent":"$http_user_agent"',
];

function http(d: NginxDescription): readonly string[] {
  const { files, settings: s } = d;
  return [
    ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${word(`${files.temp}/${name}`)};`,
    ),
    // For a token as a key. Must stand before the first map.
    'map_hash_bucket_size 256;',
    `log_format berth escape=json '{${ACCESS.join(',')}}';`,
    // Who was not let in used nothing, and probes are no use: the time of the access log is that of the last use.
    `map $http_user_agent $berth_client { "~^${word(d.probes)}(?: |$)" ''; default 1; }`,
    ...(d.access === null
      ? [`access_log ${word(files.accessLog)} berth if=$berth_client;`]
      : [
          "map $berth_entry:$berth_client $berth_used { '~^.+:1$' 1; default ''; }",
          "map $berth_entry $berth_refused { '' 1; default ''; }",
          `access_log ${word(files.accessLog)} berth if=$berth_used;`,
          `access_log ${word(files.refusedLog)} berth if=$berth_refused;`,
        ]),
    // A request's errors are told with its query, in which there may be a token.
    `error_log ${word(files.errorLog)} emerg;`,
    'map $request_uri $berth_path { "~^(?<berth_before_query>[^?]*)" $berth_before_query; }',
    "map $http_upgrade $berth_connection { '' ''; default upgrade; }",
    "map $http_host $berth_host { '' $host; default $http_host; }",
    "map $http_x_forwarded_proto $berth_proto { '' $scheme; default $http_x_forwarded_proto; }",
    "map $http_x_forwarded_host $berth_forwarded_host { '' $berth_host; default $http_x_forwarded_host; }",
    "map $http_x_real_ip $berth_real_ip { '' $remote_addr; default $http_x_real_ip; }",
    ...answerMaps(),
    ...cookieMaps(),
    ...(d.access === null ? [] : accessMaps(d.access)),
    'server_tokens off;',
    'merge_slashes off;',
    'underscores_in_headers on;',
    'ignore_invalid_headers off;',
    'tcp_nodelay on;',
    `client_header_buffer_size 1k;`,
    `large_client_header_buffers 8 ${s.maxHeader};`,
    'client_body_buffer_size 64k;',
    `client_header_timeout ${ms(s.clientHeaderTimeoutMs)};`,
    `client_body_timeout ${ms(s.clientBodyTimeoutMs)};`,
    `send_timeout ${ms(s.clientSendTimeoutMs)};`,
    `keepalive_timeout ${ms(s.keepaliveTimeoutMs)};`,
    'keepalive_requests 1000000;',
    ...d.ports.flatMap((p) => (p.protocol === 'http' ? httpPort(p, d) : [])),
    ...d.ports.flatMap((p) => (p.protocol === 'grpc' ? grpcPort(p, d) : [])),
    ...block('server', [
      `listen ${word(d.status)};`,
      'access_log off;',
      // Known to nginx also where no other server sets it.
      "set $berth_port '';",
      'location = /status { stub_status; }',
      `location = /generation { return 200 '${d.generation}'; }`,
      'location / { return 404; }',
    ]),
  ];
}

const listens = (p: NginxPort, more: string): readonly string[] =>
  p.listen.map((at) => `listen ${word(at)} so_keepalive=on${more};`);

function httpPort(p: NginxPort, d: NginxDescription): readonly string[] {
  const { settings: s, access } = d;
  const forward =
    p.upstream === null
      ? ['return 503;']
      : [
          // Without a path, so that the request's own goes through as it was sent.
          `proxy_pass http://${upstreamName(p)};`,
          'proxy_http_version 1.1;',
          'proxy_set_header Upgrade $http_upgrade;',
          'proxy_set_header Connection $berth_connection;',
          ...forwarded('proxy'),
          ...authorize('proxy', d),
          'proxy_request_buffering off;',
          'proxy_buffering off;',
          'proxy_max_temp_file_size 0;',
          ...transparent('proxy'),
          ...upstreamTimes('proxy', s),
          `proxy_buffer_size ${s.maxHeader};`,
          // Not used without buffering, but nginx compares the two.
          `proxy_buffers 4 ${s.maxHeader};`,
          'proxy_redirect off;',
        ];
  return [
    ...upstream(p, KEEPALIVE),
    ...block('server', [
      ...listens(p, ''),
      'server_name localhost;',
      `set $berth_port ${word(p.name)};`,
      `client_max_body_size ${s.maxBody};`,
      ...(access === null ? [] : doorkeeper()),
      ...answerLocations(),
      ...block('location /', forward),
    ]),
  ];
}

function grpcPort(p: NginxPort, d: NginxDescription): readonly string[] {
  const { settings: s, access, dialect } = d;
  const forward =
    p.upstream === null
      ? ['return 503;']
      : [
          `grpc_pass grpc://${upstreamName(p)};`,
          ...forwarded('grpc'),
          ...authorize('grpc', d),
          ...transparent('grpc'),
          ...upstreamTimes('grpc', s),
          `grpc_buffer_size ${s.maxHeader};`,
        ];
  return [
    ...upstream(p, KEEPALIVE),
    ...block('server', [
      ...listens(p, dialect.http2 === 'on-listen' ? ' http2' : ''),
      ...(dialect.http2 === 'directive' ? ['http2 on;'] : []),
      'http2_max_concurrent_streams 1000;',
      'server_name localhost;',
      `set $berth_port ${word(p.name)};`,
      // A stream has no length: the limit would end it.
      'client_max_body_size 0;',
      ...(access === null ? [] : doorkeeper()),
      ...grpcAnswerLocations(),
      ...block('location /', forward),
    ]),
  ];
}

type Module = 'proxy' | 'grpc';

/** The instance's own secret, else what the caller sent but for the access token. */
const authorize = (module: Module, { access, authorization }: NginxDescription): readonly string[] =>
  authorization !== null
    ? [`${module}_set_header Authorization ${asAuthorization(authorization)};`]
    : access === null
      ? []
      : withoutToken(module);

/** What is said of the caller by a proxy before this one is passed on. */
const forwarded = (module: Module): readonly string[] => [
  `${module}_set_header Host $berth_host;`,
  `${module}_set_header X-Real-IP $berth_real_ip;`,
  `${module}_set_header X-Forwarded-For $proxy_add_x_forwarded_for;`,
  `${module}_set_header X-Forwarded-Proto $berth_proto;`,
  `${module}_set_header X-Forwarded-Host $berth_forwarded_host;`,
  withoutCookies(module),
];

const X_ACCEL = ['Redirect', 'Expires', 'Limit-Rate', 'Buffering', 'Charset'].map((name) => `X-Accel-${name}`);

/** Every header of an answer reaches the caller, and none tells this nginx what to do. */
const transparent = (module: Module): readonly string[] => [
  ...['Server', 'Date', 'X-Pad', ...X_ACCEL].map((name) => `${module}_pass_header ${name};`),
  `${module}_ignore_headers ${X_ACCEL.join(' ')};`,
  `${module}_socket_keepalive on;`,
];

const upstreamTimes = (module: Module, s: ProxySettings): readonly string[] => [
  `${module}_connect_timeout ${ms(s.connectTimeoutMs)};`,
  `${module}_read_timeout ${ms(s.readTimeoutMs)};`,
  `${module}_send_timeout ${ms(s.sendTimeoutMs)};`,
];

const STREAM_ACCESS = [
  '"time":"$time_iso8601"',
  '"client":"$remote_addr"',
  '"port":"$berth_port"',
  '"protocol":"tcp"',
  '"status":$status',
  '"received":$bytes_received',
  '"sent":$bytes_sent',
  '"seconds":$session_time',
  '"upstream":"$upstream_addr"',
];

function stream(d: NginxDescription, ports: readonly NginxPort[]): readonly string[] {
  const { settings: s, files } = d;
  return [
    `log_format berth escape=json '{${STREAM_ACCESS.join(',')}}';`,
    `access_log ${word(files.accessLog)} berth;`,
    ...ports.flatMap((p) => [
      ...upstream(p, []),
      ...block('server', [
        ...listens(p, ''),
        `set $berth_port ${word(p.name)};`,
        ...(p.upstream === null
          ? // There is nothing to say in a protocol that is not known: the connection ends.
            ["return '';"]
          : [
              `proxy_pass ${upstreamName(p)};`,
              `proxy_connect_timeout ${ms(s.connectTimeoutMs)};`,
              // Of either side; the other is the reason to keep it.
              `proxy_timeout ${ms(s.readTimeoutMs)};`,
              'proxy_socket_keepalive on;',
              // One side may have said all that it has to say and still listen.
              'proxy_half_close on;',
            ]),
      ]),
    ]),
  ];
}
