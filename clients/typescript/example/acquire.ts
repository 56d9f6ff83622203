/**
 * Acquires a session, uses it, gives it back.
 *
 *     berth serve &
 *     node example/acquire.ts [CLASS] [HOST:PORT]
 */
import process from 'node:process';
import { createClient, isBerthError } from '../src/client.ts';

const [className = 'echo', address = '127.0.0.1:7700'] = process.argv.slice(2);
const token = process.env.BERTH_TOKEN;
using client = createClient({ address, ...(token ? { token } : {}) });

try {
  // Released at the end of this block, also when something below throws.
  await using session = await client.session(
    { class: className, owner: 'example', lifetimeMs: 10 * 60_000 },
    { onProgress: (s) => console.log(`${s.phase} ${s.waitingFor}`) },
  );
  const http = session.endpoint?.ports.find((p) => p.protocol === 'http');
  console.log(
    `${session.id} answers at ${http?.url ?? 'no HTTP port'}, until ${session.deadlines.expireTime?.toISOString()}`,
  );
  if (http !== undefined) console.log(`GET / says ${(await fetch(http.url)).status}`);
  await client.keepAlive({ id: session.id });
} catch (err) {
  if (!isBerthError(err)) throw err;
  console.error(`${err.code} ${err.reason}: ${err.message}`);
  process.exitCode = 1;
}
