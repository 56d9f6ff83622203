import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Pair = { readonly cert: Buffer; readonly key: Buffer };
export type Certificates = {
  readonly ca: Buffer;
  readonly server: Pair;
  readonly client: Pair;
  readonly stranger: Pair;
};

/** An authority, a server for localhost, a client of the authority and one that signed itself. Leaves no file. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'berth-tls-'));
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const selfSigned = (name: string): void => {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${name}.key`];
    openssl('req', '-x509', ...key, '-subj', `/CN=${name}`, '-days', '2', '-out', `${name}.crt`);
  };
  const signed = (name: string): void => {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${name}.key`];
    openssl('req', ...key, '-subj', `/CN=${name}`, '-out', `${name}.csr`);
    writeFileSync(join(folder, 'san'), 'subjectAltName=DNS:localhost,IP:127.0.0.1');
    const authority = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2'];
    openssl('x509', '-req', '-in', `${name}.csr`, ...authority, '-extfile', 'san', '-out', `${name}.crt`);
  };
  const read = (file: string): Buffer => readFileSync(join(folder, file));
  const pair = (name: string): Pair => ({ cert: read(`${name}.crt`), key: read(`${name}.key`) });
  try {
    selfSigned('ca');
    selfSigned('stranger');
    signed('server');
    signed('client');
    return { ca: read('ca.crt'), server: pair('server'), client: pair('client'), stranger: pair('stranger') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
