import { z } from 'zod';
import { cores, duration, durationOrNone, label, memory, size, whole, writtenOrNumber } from './fields.ts';
import { PlacementSchema } from './placement-schema.ts';
import { parseSize } from './units.ts';

const SECOND = 1_000;
const DAY = 86_400_000;
const YEAR = 366 * DAY;

/** Both ends inclusive; undefined: not readable. */
function parseStatusRanges(value: string | number): { from: number; to: number }[] | undefined {
  const ranges = String(value)
    .split(',')
    .map((part) => /^ *([1-5]\d\d)(?:-([1-5]\d\d))? *$/.exec(part))
    .map((m) => ({ from: Number(m?.[1]), to: Number(m?.[2] ?? m?.[1]) }));
  return ranges.every((r) => r.from <= r.to) ? ranges : undefined;
}

const statusRanges = writtenOrNumber(parseStatusRanges, {
  doc: 'Status codes that mean ready',
  accepts: 'status codes such as 200-399 or 200,404',
});

/** No NUL: it would end an argument or variable early. */
const text = (min: number, max: number, doc: string) =>
  z
    .string()
    .min(min)
    .max(max)
    .refine((t) => !t.includes('\0'))
    .meta({ description: doc, minLength: min, maxLength: max });

const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'letters, digits and "_", at most 128 characters');

const environment = z
  .record(variable, text(0, 32_768, 'A value; numbers and true or false belong in quotes'))
  .default({})
  .meta({
    description:
      'Environment of every instance of the class: names to values. Not for secrets; {{instance_token}} stands for one that each instance has for itself',
  });

const argument = text(1, 8_192, 'An argument').meta({ accepts: 'text of 1 to 8192 characters (numbers in quotes)' });

const Port = z.strictObject({
  name: label(15, 'How callers know the port, and the end of its variable in the instance: BERTH_PORT_NAME'),
  protocol: z
    .enum(['http', 'grpc', 'tcp'])
    .default('http')
    .meta({ description: 'http (WebSocket included), grpc (HTTP/2 without TLS) or tcp' }),
  number: whole(
    1,
    65_535,
    'Where the program in the image listens. Default: one that berth chooses and tells',
  ).optional(),
});

const Registry = z.strictObject({
  server: text(1, 256, 'Host of the registry, such as ghcr.io').regex(/^\S+$/),
  username: text(1, 256, 'Who logs in').regex(/^\S+$/),
  password_file: text(1, 4_096, "A file on the broker's machine with the password; read whenever an instance is made"),
});

const gpuModel = text(0, 64, 'GPU model, such as "RTX 4090"');
const gpuCount = whole(0, 64, 'Number of GPUs');
const gpuMemory = size('Memory of each GPU');

const Resources = z.strictObject({
  cpu: cores('Cores: kept..at most. 0: not limited').prefault(0),
  memory: memory('Main memory: kept..at most. 0: not limited').prefault(0),
  gpus: z
    .strictObject({ model: gpuModel.default(''), count: gpuCount.default(0), memory: gpuMemory.prefault(0) })
    .prefault({})
    .meta({ description: 'GPUs' }),
  disk: size('Disk space. 0: not limited').prefault(0),
});

/** As `Resources`; what is left out is as in the class itself. */
const MaxResources = z.strictObject({
  cpu: cores('Most cores. Default: as in resources').optional(),
  memory: memory('Most main memory. Default: as in resources').optional(),
  gpus: z
    .strictObject({ model: gpuModel.optional(), count: gpuCount.optional(), memory: gpuMemory.optional() })
    .prefault({})
    .meta({ description: 'Most GPUs. Default: as in resources' }),
  disk: size('Most disk space. Default: as in resources').optional(),
});

const Allow = z.strictObject({
  command: z.boolean().default(false).meta({ description: 'Whether a caller may bring its own command' }),
  env: z
    .array(
      z
        .string()
        .regex(/^[A-Za-z_*][A-Za-z0-9_*]{0,127}$/)
        .meta({ accepts: 'the name of a variable, in which * stands for any run of characters' }),
    )
    .max(128)
    .default([])
    .meta({ description: 'Variables that a caller may set' }),
  max_resources: MaxResources.prefault({}).meta({ description: 'The most that a caller may ask for' }),
});

const Lifetime = z.strictObject({
  default: duration({ doc: 'Lifetime of a session that asks for none, counted from active' }).prefault('1h'),
  min: duration({ doc: 'Shortest that a caller may ask for' }).prefault('20s'),
  max: duration({ doc: 'Longest that a caller may ask for' }).prefault('24h'),
});

const portName = z.string().optional().meta({ description: 'Name of the port. Default: the first port' });

const Readiness = z.strictObject({
  http: z
    .strictObject({
      port: portName,
      path: text(1, 1_024, 'Path and query that is asked for with GET')
        .refine((path) => /^\/[\x21-\x7e]*$/.test(path))
        .default('/')
        .meta({ accepts: 'a path that begins with "/", without spaces' }),
      expect: statusRanges.prefault('200-399'),
    })
    .optional()
    .meta({ description: 'Ready when an HTTP request is answered as expected' }),
  grpc: z
    .strictObject({
      port: portName,
      service: text(0, 256, 'Service asked about; empty: the server as a whole').default(''),
    })
    .optional()
    .meta({ description: 'Ready when grpc.health.v1.Health answers SERVING' }),
  tcp: z
    .strictObject({ port: portName })
    .optional()
    .meta({ description: 'Ready when a connection is accepted. This is the default, on the first port' }),
  interval: duration({ min: 10, max: 300 * SECOND, doc: 'Between two probes of an instance that starts' }).prefault(
    '1s',
  ),
  timeout: duration({ min: 10, max: 60 * SECOND, doc: 'How long one probe waits for its answer' }).prefault('2s'),
  failure_threshold: whole(1, 100, 'Failed probes in a row after which a ready instance counts as lost').default(3),
  ready_interval: duration({ min: 100, max: 3_600 * SECOND, doc: 'Between two probes of a reserve member' }).prefault(
    '5s',
  ),
  while_in_use: z.boolean().default(false).meta({
    description:
      'Whether an instance in use is probed, too, and lost after failure_threshold. A busy one may not answer',
  }),
});

const urlPath = (doc: string) =>
  text(1, 1_024, doc)
    .refine((path) => /^\/[\x21-\x7e]*$/.test(path))
    .meta({ accepts: 'a path that begins with "/", without spaces' });

const Activity = z.strictObject({
  connections: z.enum(['open', 'data', 'ignore']).default('open').meta({
    description:
      'Whether connections to the proxy are use. open: as long as they are open; data: while data moves on them; ignore: never, and activity.http must say what is',
  }),
  http: z
    .strictObject({
      port: portName,
      path: urlPath('Path and query that the instance is asked for with GET'),
      json: text(1, 256, "Where in the JSON answer: names joined by '.'").meta({
        accepts: 'names joined by ".", such as last_activity or status.requests',
      }),
      timeout: duration({ min: 10, max: 60 * SECOND, doc: 'How long its answer is waited for' }).prefault('2s'),
    })
    .optional()
    .meta({
      description:
        'Asks the instance itself. A text is the time of the last use (RFC 3339); a number, true or false is use whenever it changes',
    }),
});

const BeforeEnd = z.strictObject({
  port: portName,
  path: urlPath('Path and query that the instance is sent a POST for'),
  timeout: duration({ max: 600 * SECOND, doc: 'How long the end waits for its answer' }).prefault('10s'),
});

const OnLoss = z.strictObject({
  replace: z.strictObject({
    attempts: whole(1, 100, 'Instances tried for one loss').default(3),
    within: duration({ max: DAY, doc: 'From the loss on; then the session ends as instance-lost' }).prefault('10m'),
  }),
});

const Reserve = z.strictObject({
  target: whole(0, 100_000, 'Ready instances to keep; changed live by `berth reserve set`').default(0),
  max_at_once: whole(1, 1_000, 'Most instances that start for the reserve at the same time').default(4),
  max_failures: whole(1, 100, 'Failed starts in a row after which refilling stops, but for trial starts').default(3),
  retry: duration({ doc: 'Before the first trial start; doubled after each that fails' }).prefault('30s'),
  max_retry: duration({ doc: 'No trial start waits longer than this' }).prefault('10m'),
});

const upTo = (max: number, doc: string) => duration({ max, doc });

/** Long ones by default: whether anybody still needs a session is not for its proxy to decide. */
const ProxySettings = z.strictObject({
  max_body: size('Longest body of an HTTP request. 0: no limit').prefault(0),
  max_header: writtenOrNumber(
    (value) => {
      const bytes = parseSize(value);
      return bytes !== null && bytes >= 1_024 && bytes <= 1_048_576 ? bytes : undefined;
    },
    {
      doc: "Longest line of a request's headers, and longest headers of an answer. Also the buffer of each connection",
      accepts: 'a size from 1Ki to 1Mi',
    },
  ).prefault('16Ki'),
  max_connections: whole(16, 100_000, 'Connections of clients at a time').default(2_000),
  connect_timeout: upTo(75 * SECOND, 'The instance must accept a connection within this').prefault('5s'),
  read_timeout: upTo(
    YEAR,
    'The instance says nothing: in a request, a WebSocket, a stream or a TCP connection',
  ).prefault('1d'),
  send_timeout: upTo(YEAR, 'The instance takes nothing of what is sent to it').prefault('1h'),
  client_header_timeout: upTo(YEAR, 'A client must have sent the headers of a request within this').prefault('1m'),
  client_body_timeout: upTo(YEAR, 'A client says nothing inside a body; an idle gRPC stream is one').prefault('1d'),
  client_send_timeout: upTo(YEAR, 'A client takes nothing of what is sent to it').prefault('1h'),
  keepalive_timeout: upTo(YEAR, "A client's connection without a request is kept for this").prefault('1h'),
  authorization: text(1, 512, "Sent to the instance in place of the caller's Authorization: its own secret")
    .regex(/^[\w+/=.~-]+ (?:[\w+/=.~-]+|\{\{instance_token\}\})$/)
    .optional()
    .meta({
      description:
        "Sent to the instance in place of the caller's Authorization, so that one that can be reached past its proxy can ask for a secret of its own",
      accepts: '"SCHEME VALUE", such as "token {{instance_token}}"',
    }),
  drain_timeout: upTo(YEAR, 'Open connections live this long after the instance was replaced').prefault('1h'),
});

/** One class as written in the file, `defaults` already merged in. The only source of defaults and of the docs. */
export const ClassSchema = z.strictObject({
  description: text(0, 512, 'For people').default(''),
  provider: z.string().default('process').meta({ description: 'Where instances come from' }),
  proxy: z.string().default('direct').meta({
    description:
      "What owns the address that callers get. direct: it is the instance's own; nginx-local: an nginx for each session; auto: nginx-local where nginx is installed, else direct",
  }),
  proxy_settings: ProxySettings.prefault({}).meta({ description: 'How the proxy forwards; direct does not' }),
  command: z
    .array(argument)
    .max(256)
    .default([])
    .meta({ description: 'Program and arguments. Required with provider process. Words such as {{port.NAME}}: below' }),
  image: text(0, 1_024, 'Image that instances run, such as ghcr.io/me/app:1.2. Not with provider process')
    .regex(/^\S*$/)
    .default(''),
  template: z
    .union([z.string().regex(/^\S{1,128}$/), z.int().positive().transform(String)])
    .optional()
    .meta({ description: "The provider's template to start from, by hash or number", accepts: 'a hash or a number' }),
  registry: Registry.optional().meta({ description: 'Login for a private image' }),
  placement: PlacementSchema.prefault({}).meta({ description: 'Which offers of a market may be rented' }),
  env: environment,
  ports: z
    .array(Port)
    .min(1)
    .max(16)
    .meta({ description: 'Ports that instances serve', accepts: 'a list of 1 to 16 ports' }),
  resources: Resources.prefault({}).meta({ description: 'What a session gets that asks for nothing' }),
  allow: Allow.prefault({}).meta({ description: 'What a caller may override' }),
  lifetime: Lifetime.prefault({}).meta({ description: 'How long sessions live' }),
  max_age: duration({
    doc: 'No extension passes this, counted from active. Default: as lifetime.max',
  }).optional(),
  idle_timeout: durationOrNone({ doc: 'Sessions that nobody uses for this long end' }).prefault('none'),
  max_idle_timeout: duration({ doc: 'Longest idle timeout that a caller may ask for' }).prefault('24h'),
  queue_timeout: duration({ min: 0, max: DAY, doc: 'How long an acquire waits for capacity' }).prefault('10m'),
  boot_timeout: duration({
    max: DAY,
    doc: 'A new instance must be ready within this, else it is given up and its machine banned. Default: 5m; with provider vastai 20m',
  }).optional(),
  confirm_timeout: duration({
    doc: 'A session that turned active while nobody waited for it ends after this, unless somebody asks for it',
  }).prefault('5m'),
  warn_before: duration({
    min: 0,
    max: DAY,
    doc: 'How long before an end by lifetime or idleness the warning comes',
  }).prefault('1m'),
  start_attempts: whole(1, 100, 'Instances tried for one session before it ends as start-failed').default(3),
  readiness: Readiness.prefault({}).meta({ description: 'How it is decided that an instance serves' }),
  access: z.enum(['open', 'token']).default('open').meta({
    description:
      "Who may use the HTTP and gRPC ports. open: whoever can connect; token: who carries the session's access token. A TCP port cannot ask for one",
  }),
  activity: Activity.prefault({}).meta({ description: 'What counts as use, beside KeepAlive and requests' }),
  before_end: BeforeEnd.optional().meta({
    description: 'A call to the instance before its session ends by lifetime or idleness, so that work can be saved',
  }),
  on_loss: z
    .union([z.literal('end'), OnLoss])
    .prefault('end')
    .meta({
      description:
        'What becomes of a session whose instance is lost in use: it ends, or the instance is replaced behind the same endpoint',
      accepts: 'end, or replace with its options',
    }),
  replace_outdated: z.boolean().default(false).meta({
    description:
      'Whether instances in use are replaced, too, when image, template or anything else that they are made from changes; needs on_loss: replace',
  }),
  reserve: Reserve.prefault({}).meta({ description: 'Instances kept ready for the next caller' }),
});

export type WrittenClass = z.output<typeof ClassSchema>;

/** Words that may stand in a command as {{word}}, besides {{port.NAME}}. */
export const COMMAND_WORDS: Readonly<Record<string, string>> = {
  cpu_limit: 'cores that may be used at most',
  cpu_request: 'cores that are kept',
  memory_limit: 'bytes of memory that may be used at most',
  memory_request: 'bytes of memory that are kept',
  gpu_count: 'GPUs',
  disk: 'bytes of disk',
  session_id: 'the session; refused in a class with a reserve, whose instances start before there is one',
  instance_id: 'the instance',
};

/** Words that the class file alone knows: they are filled in when it is read. */
export const FILE_WORDS: Readonly<Record<string, string>> = {
  node: 'the Node program that berth itself runs on; provider process only',
  berth: "the folder of berth's own programs, such as {{berth}}/echo/server.ts; provider process only",
};
