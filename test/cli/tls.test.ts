import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerCredentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeCertificates } from '../grpc/certificates.ts';
import { type FakeBroker, startFakeBroker } from '../support/fake-broker.ts';
import { runCli } from '../support/run-cli.ts';

let broker: FakeBroker;
let folder: string;
const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  const { ca, server, client } = makeCertificates();
  folder = await mkdtemp(join(tmpdir(), 'berth-cli-tls-'));
  const pair = { cert_chain: server.cert, private_key: server.key };
  broker = await startFakeBroker(ServerCredentials.createSsl(ca, [pair], true));
  await Promise.all([
    writeFile(file('ca.crt'), ca),
    writeFile(file('client.crt'), client.cert),
    writeFile(file('client.key'), client.key),
  ]);
});
afterAll(async () => {
  await broker.close();
  await rm(folder, { recursive: true });
});

const berth = (...args: readonly string[]) => runCli(['ls', '--address', broker.address, ...args]);

it('shows a certificate to a broker that asks for one', async () => {
  const ours = ['--tls-cert', file('client.crt'), '--tls-key', file('client.key')];
  expect(await berth('--tls-ca', file('ca.crt'), ...ours)).toEqual({ code: 0, stdout: '', stderr: 'no sessions\n' });
});

it('does not talk to a broker that it cannot trust, and says which option helps', async () => {
  const ours = ['--tls-cert', file('client.crt'), '--tls-key', file('client.key')];
  const { code, stderr } = await berth('--tls-ca', 'system', ...ours);
  expect(code).toBe(5);
  expect(stderr).toContain('(its certificate is not trusted); see --tls-ca');
  expect(await berth()).toMatchObject({
    code: 5,
    stderr: `berth: no broker answers at ${broker.address} (it hangs up); if it speaks TLS, see --tls-ca\n`,
  });
});

it('wants the certificate and its key together', async () => {
  expect(await berth('--tls-cert', file('client.crt'))).toMatchObject({
    code: 2,
    stderr: 'berth: --tls-key: --tls-cert and --tls-key go together\n',
  });
});

it('refuses to send a token unprotected to another machine', async () => {
  const ran = await runCli(['ls', '--address', 'broker.invalid:7700'], { BERTH_TOKEN: 'geheim' });
  expect(ran).toMatchObject({ code: 2, stdout: '' });
  expect(ran.stderr).toBe('berth: token: off this machine it needs TLS, or "insecure" where the network is trusted\n');
});
