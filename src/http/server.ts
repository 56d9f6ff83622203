import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { send, sendJson } from './answer.ts';
import type { Console } from './console/console.ts';

/** One thing that health depends on. */
export type HealthPart = { readonly ok: boolean /** For people, without secrets. */; readonly detail?: string };

export type Health = {
  /** Whether the process is of use at all; false makes Kubernetes restart it. */
  readonly live: boolean;
  /** Whether calls should be sent here. */
  readonly ready: boolean;
  readonly details: Readonly<Record<string, HealthPart>>;
};

export type HttpOptions = {
  readonly listen: { readonly host: string; readonly port: number };
  /** Answers from memory: it is asked every few seconds by each prober. */
  readonly health: () => Health;
  readonly metrics: { text(): Promise<string>; readonly contentType: string };
  /** Absent: there is none. */
  readonly console?: Console;
  /** Errors behind a 500, which tells its caller nothing. */
  readonly onError: (err: unknown) => void;
};

export type HttpServer = {
  readonly host: string;
  readonly port: number;
  /** Takes no more connections and ends idle ones; resolves when all are closed. Those still open when `force`
   *  aborts are cut. */
  stop(force: AbortSignal): Promise<void>;
};

/** Serves /healthz, /readyz and /metrics, and the web console below /console/. @throws the system's error when it cannot listen */
export async function startHttp(o: HttpOptions): Promise<HttpServer> {
  const open = new Set<ServerResponse>();
  const server = createServer(
    // Probers and scrapers send little, and quickly. Node looks for those that do not only every 30 s by itself, for
    // which time they would keep everybody else out.
    {
      maxHeaderSize: 8_192,
      headersTimeout: 5_000,
      requestTimeout: 10_000,
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: 30_000,
    },
    (req, res) => {
      open.add(res);
      res.on('close', () => open.delete(res));
      serve(o, req, res).catch((err: unknown) => {
        o.onError(err);
        if (!res.headersSent) sendJson(req, res, 500, { error: 'internal error' });
        else res.destroy();
      });
    },
  );
  server.maxConnections = 256;
  await listening(server, o.listen);
  // A failed accept (no file descriptors left) is an event here; without a listener it would end the process.
  server.on('error', o.onError);
  const { address: host, port } = server.address() as AddressInfo;
  return {
    host,
    port,
    async stop(force) {
      const stopped = stop(server, open, force);
      await o.console?.close();
      await stopped;
    },
  };
}

function listening(server: Server, { host, port }: HttpOptions['listen']): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function stop(server: Server, open: ReadonlySet<ServerResponse>, force: AbortSignal): Promise<void> {
  // Otherwise their connections stay, waiting for a next request that would be refused.
  for (const res of open) res.shouldKeepAlive = false;
  return new Promise((resolve) => {
    const cut = () => server.closeAllConnections();
    server.close(() => {
      force.removeEventListener('abort', cut);
      resolve();
    });
    server.closeIdleConnections();
    if (force.aborted) cut();
    else force.addEventListener('abort', cut, { once: true });
  });
}

async function serve(o: HttpOptions, req: IncomingMessage, res: ServerResponse): Promise<void> {
  if (await o.console?.handle(req, res)) return;
  // What was sent with the request is of no interest, but must be read for the connection to go on.
  req.resume();
  const path = req.url?.split('?', 1)[0];
  if (path !== '/healthz' && path !== '/readyz' && path !== '/metrics')
    return sendJson(req, res, 404, { error: 'not found', paths: ['/healthz', '/readyz', '/metrics'] });
  if (req.method !== 'GET' && req.method !== 'HEAD') {
    res.setHeader('allow', 'GET, HEAD');
    return sendJson(req, res, 405, { error: 'method not allowed' });
  }
  if (path === '/metrics') return send(req, res, 200, o.metrics.contentType, await o.metrics.text());
  const { live, ready, details } = o.health();
  if (path === '/healthz') return sendJson(req, res, live ? 200 : 503, { live });
  return sendJson(req, res, ready ? 200 : 503, { ready, parts: details });
}
