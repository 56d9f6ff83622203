import { z } from 'zod';
import { dollars, duration, flag, wholeText, written } from './fields.ts';
import { parseCidrs, parseHost, parseIp, parseListen, parsePortRange, parseStore, parseUrl } from './places.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const path = (doc: string) => written((text) => text, { doc, accepts: 'a path' });

/** Everything that can be set about a broker: the only source of defaults and of the generated table.
 *  In groups, in the order in which the table shows them. */
export const ConfigSchema = z.strictObject({
  BERTH_DATA_DIR: path('Folder for what berth keeps on this machine; made if it is missing').prefault('.berth'),
  BERTH_STORE: written((text) => parseStore(text) ?? undefined, {
    doc: 'Where sessions and all other records live. Default: `sqlite:berth.db` in BERTH_DATA_DIR',
    accepts:
      'sqlite:FILE, redis://[USER:PASSWORD@]HOST[:PORT][/DB], or redis-sentinel://[USER:PASSWORD@]HOST[:PORT],HOST[:PORT]/MASTER[?db=DB&sentinelPassword=PASSWORD]; rediss:// and rediss-sentinel:// with TLS',
  }).optional(),
  BERTH_REDIS_PREFIX: written((text) => (/^[a-z0-9][a-z0-9._-]{0,62}$/.test(text) ? text : undefined), {
    doc: 'Begins every key in Redis, so that installations can share one',
    accepts: '1 to 63 lower-case letters, digits, ".", "_" and "-"',
  }).prefault('berth'),
  BERTH_CLASSES: path('File of session classes. Default: the shipped deploy/classes/default.yaml').optional(),
  BERTH_LISTEN: written((text) => parseListen(text) ?? undefined, {
    doc: 'Where gRPC is served',
    accepts: 'HOST:PORT, such as 127.0.0.1:7700 or [::1]:7700; port 0: any free one',
  }).prefault('127.0.0.1:7700'),
  BERTH_HTTP_LISTEN: written((text) => (text === 'off' ? null : (parseListen(text) ?? undefined)), {
    doc: 'Where the web console (/console/), /healthz, /readyz and /metrics are served, without TLS',
    accepts: 'HOST:PORT, or off',
  }).prefault('127.0.0.1:7701'),
  BERTH_TLS_CERT: path('Certificate chain (PEM) for gRPC; needs BERTH_TLS_KEY').optional(),
  BERTH_TLS_KEY: path('Its private key (PEM)').optional(),
  BERTH_TLS_CLIENT_CA: path('Only clients with a certificate of these authorities (PEM) may call').optional(),
  BERTH_INSECURE: flag(false, 'Serve other machines without TLS: tokens can be read on the way'),
  BERTH_ADMIN_TOKEN_FILE: path('A file with a bearer token that is an admin from the start').optional(),
  BERTH_INSTALLATION_ID: written((text) => (/^[a-z0-9][a-z0-9-]{3,31}$/.test(text) ? text : undefined), {
    doc: 'Marks what this installation owns at its providers; all replicas share it. Default: made at the first start and kept in BERTH_DATA_DIR',
    accepts: '4 to 32 lower-case letters, digits and "-"',
  }).optional(),
  BERTH_LEAD: flag(true, 'Whether this replica may be the one that starts and ends instances'),
  BERTH_LEASE: duration({ max: HOUR, doc: 'A leader that was not heard of for this long is replaced' }).prefault('14s'),
  BERTH_LEASE_RENEW: duration({ min: 100, max: HOUR, doc: 'How often the leader says that it lives' }).prefault('3s'),
  BERTH_MAX_INSTANCES: wholeText(0, 1_000_000, 'Most instances of one provider at a time').prefault('10'),
  BERTH_MAX_DOLLARS_PER_HOUR: dollars('Most that all instances of one provider together may cost').prefault('5'),
  BERTH_VASTAI_KEY: written((text) => text, {
    doc: 'API key of Vast.ai; with it or BERTH_VASTAI_KEY_FILE there is a provider vastai. A file is safer: processes of the same user can read an environment',
    accepts: 'an API key',
  }).optional(),
  BERTH_VASTAI_KEY_FILE: path('A file with the API key of Vast.ai').optional(),
  BERTH_VASTAI_URL: written((text) => parseUrl(text) ?? undefined, {
    doc: 'Where the API of Vast.ai is reached',
    accepts: 'http://HOST[:PORT] or https://HOST[:PORT]',
  }).prefault('https://console.vast.ai'),
  BERTH_VASTAI_PACE: written(
    (text) => (/^\d{1,3}(?:\.\d{1,4})?$/.test(text) && Number(text) > 0 ? Number(text) : undefined),
    {
      doc: 'Factor of all pauses between calls to Vast.ai, and of the interval of lists. Below 1 its limits refuse calls',
      accepts: 'a number above 0, below 1000',
    },
  ).prefault('1'),
  BERTH_VASTAI_UPSTREAMS: written((text) => parseCidrs(text) ?? undefined, {
    doc: 'Addresses that instances may have though they are private, link-local or loopback: others of these are refused, so that no machine can lead a proxy into your network',
    accepts: 'networks such as 10.8.0.0/16, separated by ","',
  }).optional(),
  BERTH_VASTAI_MIN_CREDIT: dollars('Nothing is rented while the account has less than this left').prefault('1'),
  BERTH_BAN_TERM: duration({ min: MINUTE, doc: 'How long a machine or host stays banned' }).prefault('7d'),
  BERTH_BAN_LOSSES: wholeText(
    1,
    1_000,
    'Instances lost on one machine within BERTH_BAN_LOSS_WINDOW that ban it',
  ).prefault('5'),
  BERTH_BAN_LOSS_WINDOW: duration({ min: MINUTE, doc: 'How long a lost instance counts against its machine' }).prefault(
    '1h',
  ),
  BERTH_BAN_HOST_AFTER: wholeText(1, 1_000, 'Machines of one host banned within 7 d that ban the host').prefault('3'),
  BERTH_BLACKLIST_REDIS: written((text) => (/^rediss?:\/\/\S+$/.test(text) ? text : undefined), {
    doc: 'Redis with the ban_HOST keys of the provisioner that berth replaces: its bans hold here, too',
    accepts: 'redis://[USER:PASSWORD@]HOST[:PORT][/DB]',
  }).optional(),
  BERTH_BLACKLIST_WRITE: flag(false, 'Write our bans of hosts there, so that both can run side by side'),
  BERTH_PROCESS_PORTS: written((text) => parsePortRange(text) ?? undefined, {
    doc: 'Ports for the instances of provider process',
    accepts: 'FROM-TO within 1024-65535',
  }).prefault('20000-29999'),
  BERTH_PROXY_PORTS: written((text) => parsePortRange(text) ?? undefined, {
    doc: 'Ports for proxy nginx-local',
    accepts: 'FROM-TO within 1024-65535',
  }).prefault('30000-32767'),
  BERTH_PROXY_LISTEN: written((text) => parseIp(text) ?? undefined, {
    doc: 'Address on which proxies of kind nginx-local listen. Off loopback, give classes `access: token`',
    accepts: 'an IP address, such as 127.0.0.1, 0.0.0.0 or ::',
  }).prefault('127.0.0.1'),
  BERTH_PROXY_HOST: written((text) => parseHost(text) ?? undefined, {
    doc: 'Host name or address that callers are told for proxies, and where berth itself probes sessions. Default: BERTH_PROXY_LISTEN; needed where that is a wildcard',
    accepts: 'a host name or an IP address without a port, and no wildcard',
  }).optional(),
  BERTH_ACTIVITY_INTERVAL: duration({
    min: 100,
    max: HOUR,
    doc: 'How often is looked whether sessions are used. An idle session may end this much late',
  }).prefault('15s'),
  BERTH_NGINX: path('Program nginx, for proxy nginx-local. Default: from PATH or a system folder').optional(),
  BERTH_KEEP_ENDED: duration({
    min: MINUTE,
    doc: 'How long ended sessions can be asked for, and their request_id and cost are known',
  }).prefault('24h'),
  BERTH_KEEP_EVENTS: duration({ min: MINUTE, doc: 'How long the event log reaches back' }).prefault('30d'),
  BERTH_MAX_EVENTS: wholeText(1_000, 100_000_000, 'Most events in the log; the oldest go first').prefault('200000'),
  BERTH_CLEAR_ON_START: flag(false, 'End every session that is there at the start'),
  BERTH_CLEAR_ON_EXIT: flag(false, 'End every session before stopping'),
  BERTH_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .prefault('info')
    .meta({ description: 'Least important level that is logged' }),
});

/** The variables as parsed, before the rules between them. */
export type Variables = z.output<typeof ConfigSchema>;
