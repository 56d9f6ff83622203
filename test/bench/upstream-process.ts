import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serveParent } from './child.ts';

/** An instance to be measured through and past its proxy. */
export type UpstreamHandlers = typeof handlers;

const PIECE = Buffer.alloc(256 * 1024, 'x');

/** GET /small; GET /BYTES answers so many; PUT / takes all there is and tells how much it was. */
const server = createServer((req, res) => {
  if (req.method === 'PUT') {
    let received = 0;
    req.on('data', (piece: Buffer) => {
      received += piece.length;
    });
    req.once('end', () => res.end(String(received)));
    return;
  }
  const bytes = Number(req.url?.slice(1));
  if (Number.isNaN(bytes)) return void res.end('small');
  res.writeHead(200, { 'content-length': bytes });
  let left = bytes;
  const more = (): void => {
    while (left > 0) {
      const piece = left < PIECE.length ? PIECE.subarray(0, left) : PIECE;
      left -= piece.length;
      if (!res.write(piece)) return void res.once('drain', more);
    }
    res.end();
  };
  more();
});

const handlers = {
  listen: (): Promise<number> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
    }),
};

serveParent(handlers, async () => {
  server.closeAllConnections();
  server.close();
});
