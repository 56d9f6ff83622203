import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createClient } from '../../clients/typescript/src/client.ts';
import { serve, startHome } from './served.ts';

const CLASSES = `
classes:
  web:
    command: ["{{node}}", "{{berth}}/echo/server.cjs"]
    ports: [{ name: http, protocol: http }]
    readiness: { http: { path: /healthz, expect: 200 }, interval: 50ms }
`;

describe('a token that is revoked', () => {
  it('shows a watch that it opened nothing more', async () => {
    const home = await startHome(CLASSES);
    onTestFinished(() => home.end());
    const broker = await serve({
      BERTH_DATA_DIR: join(home.dir, 'data'),
      BERTH_CLASSES: home.classFile,
      BERTH_PROCESS_PORTS: '16200-16299',
    });
    const { secret } = await broker.client.createToken({ tenant: 'ops', role: 'admin' });
    const admin = createClient({ address: broker.address, token: secret, retryForMs: 0 });
    const hub = await admin.createToken({ tenant: 'hub', role: 'client' });
    const client = createClient({ address: broker.address, token: hub.secret, retryForMs: 0 });
    onTestFinished(() => [admin, client].forEach((c) => void c.close()));
    const session = await client.acquire({ class: 'web' });

    const watch = client.watch({ id: session.id });
    expect((await watch.next()).value).toMatchObject({ phase: 'active' });
    await admin.revokeToken(hub.token.id);
    await admin.keepAlive({ id: session.id });
    await expect(watch.next()).rejects.toMatchObject({ code: 'unauthenticated', reason: 'TOKEN_INVALID' });
    await expect(client.get({ id: session.id })).rejects.toMatchObject({ code: 'unauthenticated' });

    await admin.release({ id: session.id });
    for await (const s of admin.watch({ id: session.id })) expect(s.phase).not.toBe('active');
    await broker.stop();
  });
});
