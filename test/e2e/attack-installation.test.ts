import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runs, serve, startHome } from './served.ts';

const CLASSES = `
classes:
  web:
    command: ["{{node}}", "{{berth}}/echo/server.cjs"]
    ports: [{ name: http, protocol: http }]
    readiness: { http: { path: /healthz, expect: 200 }, interval: 50ms }
`;

describe('a broker of another installation', () => {
  it('is refused at its start: it would take what runs for lost, and leave it to nobody', async () => {
    const home = await startHome(CLASSES);
    onTestFinished(() => home.end());
    const dataDir = join(home.dir, 'data');
    const env = { BERTH_DATA_DIR: dataDir, BERTH_CLASSES: home.classFile, BERTH_PROCESS_PORTS: '16100-16199' };
    const first = await serve({ ...env, BERTH_INSTALLATION_ID: 'first-one' });
    const session = await first.client.acquire({ class: 'web' });
    const { pid } = (await (await fetch(session.endpoint?.ports[0]?.url ?? '')).json()) as { pid: number };
    await first.stop();

    await expect(serve({ ...env, BERTH_INSTALLATION_ID: 'second-one' })).rejects.toThrow(
      /the store belongs to installation "first-one", and this broker is of "second-one".*BERTH_INSTALLATION_ID=first-one/s,
    );
    const again = await serve({ ...env, BERTH_INSTALLATION_ID: 'first-one' });
    expect(runs(pid)).toBe(true);
    expect(await again.client.get({ id: session.id })).toMatchObject({ phase: 'active' });
    await again.client.release({ id: session.id });
    await again.stop();
  });
});
