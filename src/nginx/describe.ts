import type { NamedPort } from '../domain/endpoint.ts';
import type { ProxySettings } from '../domain/proxy.ts';
import type { NginxAccess } from './access.ts';

/** One port of a proxy. */
export type NginxPort = NamedPort & {
  /** Addresses such as `127.0.0.1:8080` or `[::]:8080`; at least one. */
  readonly listen: readonly string[];
  /** null: not known yet; callers are told to come again. */
  readonly upstream: { readonly host: string; readonly port: number } | null;
};

/** Relative paths count from the prefix that nginx is started with. */
export type NginxFiles = {
  readonly pid: string;
  readonly errorLog: string;
  /** JSON lines; a path, or /dev/stdout. */
  readonly accessLog: string;
  /** As the access log, for requests without the token that is asked for. */
  readonly refusedLog: string;
  /** A folder that nginx may make others in. Bodies are never put there. */
  readonly temp: string;
};

/** What differs between builds and versions of nginx. */
export type NginxDialect = {
  /** Modules to load, by their full paths. */
  readonly modules: readonly string[];
  /** How HTTP/2 is asked for: since 1.25.1 by a directive of its own. */
  readonly http2: 'on-listen' | 'directive';
};

/** All that one nginx is to do. Nothing in it knows where that nginx runs. */
export type NginxDescription = {
  /** Told at the status address, so that one can see which configuration is in force. */
  readonly generation: number;
  readonly ports: readonly NginxPort[];
  readonly settings: ProxySettings;
  /** Asked of every request to a port of protocol http or grpc; null: everybody is let in. */
  readonly access: NginxAccess | null;
  /** Sent to the instance in place of the caller's Authorization; null: what the caller sent. */
  readonly authorization: string | null;
  /** User-Agent of the requests that are not logged, also with more words behind it: probes are no use. A word. */
  readonly probes: string;
  readonly files: NginxFiles;
  /** `unix:PATH` or `HOST:PORT`; serves /status (stub_status) and /generation, and nothing else does. */
  readonly status: string;
  readonly dialect: NginxDialect;
  /** Whether nginx puts itself into the background once it listens. */
  readonly daemon: boolean;
};
