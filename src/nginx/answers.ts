/** What callers get from the proxy itself, while the instance does not answer or when it may not be asked. */
type Answer = {
  readonly status: number;
  readonly error: string;
  readonly text: string;
  readonly again: boolean;
  readonly more?: readonly string[];
};

const ANSWERS: readonly Answer[] = [
  {
    status: 401,
    error: 'token-required',
    text: 'This session is only for those who have its link or token.',
    again: false,
    // Whoever is not let in holds no connection open, either.
    more: [
      'add_header WWW-Authenticate Bearer always;',
      'add_header Referrer-Policy no-referrer always;',
      'keepalive_timeout 0;',
    ],
  },
  { status: 413, error: 'body-too-large', text: 'The request is larger than this session accepts.', again: false },
  { status: 502, error: 'no-answer', text: 'The session does not answer yet.', again: true },
  { status: 503, error: 'not-started', text: 'The session is being started.', again: true },
  { status: 504, error: 'timeout', text: 'The session took too long to answer.', again: false },
];

const RETRY_SECONDS = 2;

function page({ status, text, again }: Answer): string {
  const refresh = again ? `<meta http-equiv="refresh" content="${RETRY_SECONDS}">` : '';
  const hint = again ? ' This page tries again by itself.' : '';
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    `<meta name="viewport" content="width=device-width">${refresh}<title>${status}</title>`,
    '<style>body{font:16px/1.5 system-ui,sans-serif;margin:20vh auto;max-width:28em;padding:0 1em}</style>',
    `</head><body><h1>${text}</h1><p>Status ${status}.${hint}</p></body></html>`,
  ].join('');
}

const json = ({ status, error, text }: Answer): string => JSON.stringify({ error, status, message: text });

/** At the level of `http`: the body of each answer, by what the caller accepts. A browser accepts text/html. */
export const answerMaps = (): readonly string[] => [
  'map $http_accept $berth_wants { ~*text/html html; ~*json json; default html; }',
  "map $berth_wants $berth_type { json application/json; default 'text/html; charset=utf-8'; }",
  ...ANSWERS.map((a) => `map $berth_wants $berth_${a.status} { json '${json(a)}'; default '${page(a)}'; }`),
];

/** At the level of a server of protocol http. Answers of the instance itself with these statuses are left alone. */
export const answerLocations = (): readonly string[] =>
  ANSWERS.flatMap((a) => [
    `error_page ${a.status} @berth_${a.status};`,
    `location @berth_${a.status} {`,
    // Empty, so that the header below is the only one.
    "  default_type '';",
    '  add_header Content-Type $berth_type always;',
    '  add_header Cache-Control no-store always;',
    ...(a.again ? [`  add_header Retry-After ${RETRY_SECONDS} always;`] : []),
    ...(a.more ?? []).map((line) => `  ${line}`),
    `  return ${a.status} $berth_${a.status};`,
    '}',
  ]);

/** Codes of gRPC: clients take UNAVAILABLE for "call again". */
const GRPC_ANSWERS = [
  { from: '401', name: 'unauthenticated', code: 16, text: 'This session asks for its access token.' },
  { from: '502 503 504', name: 'unavailable', code: 14, text: 'The session does not answer yet.' },
] as const;

/** At the level of a server of protocol grpc. With HTTP status 200: some clients believe no other. */
export const grpcAnswerLocations = (): readonly string[] =>
  GRPC_ANSWERS.flatMap(({ from, name, code, text }) => [
    `error_page ${from} = @berth_${name};`,
    `location @berth_${name} {`,
    '  default_type application/grpc;',
    `  add_header grpc-status ${code} always;`,
    `  add_header grpc-message '${text}' always;`,
    "  return 200 '';",
    '}',
  ]);
