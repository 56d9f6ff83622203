import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findNginx, readVersion } from '../../../src/adapters/nginx/find.ts';

const MODULES = '--with-http_v2_module --with-http_stub_status_module';
const debian = (version: string, more = `--modules-path=/m ${MODULES} --with-stream=dynamic`): string =>
  `nginx version: nginx/${version}\nbuilt with OpenSSL 3.0.22\nconfigure arguments: --prefix=/usr/share/nginx ${more}\n`;
const read = (printed: string, there = true) => readVersion('/usr/sbin/nginx', printed, () => there);

describe('What an nginx can do', () => {
  it.each([
    ['1.22.1', 'on-listen'],
    ['1.25.0', 'on-listen'],
    ['1.25.1', 'directive'],
    ['1.26.0', 'directive'],
    ['2.0.0', 'directive'],
  ])('is read from what version %s prints', (version, http2) => {
    expect(read(debian(version))).toEqual({
      nginx: { program: '/usr/sbin/nginx', version, dialect: { modules: ['/m/ngx_stream_module.so'], http2 } },
    });
  });

  it('needs no module where streams are built in', () => {
    expect(read(debian('1.26.2', `${MODULES} --with-stream`), false)).toMatchObject({
      nginx: { dialect: { modules: [] } },
    });
  });

  it.each([
    [debian('1.18.0'), true, /is nginx 1\.18\.0; 1\.22 or later is needed/],
    [debian('1.22.1'), false, /stream module of nginx is missing; on Debian.*libnginx-mod-stream/],
    [debian('1.22.1', MODULES), true, /stream module of nginx is missing/],
    [debian('1.22.1', '--with-http_stub_status_module --with-stream'), true, /built without --with-http_v2_module/],
    ['busybox', true, /did not say which nginx it is/],
  ])('is told to be too little: %#', (printed, there, why) => {
    expect(read(printed, there)).toEqual({ why: expect.stringMatching(why) });
  });

  it('is found on this machine, also by a user whose PATH lacks the folders of servers', async () => {
    expect(await findNginx(null, '')).toMatchObject({ nginx: { program: expect.stringMatching(/\/nginx$/) } });
  });

  it('says what to install, or that the given program is none', async () => {
    expect(await findNginx('/nowhere/nginx')).toEqual({ why: '/nowhere/nginx is no program' });
    const dir = mkdtempSync(join(tmpdir(), 'berth-find-'));
    const program = join(dir, 'nginx');
    writeFileSync(program, '#!/bin/sh\nexit 3\n');
    chmodSync(program, 0o700);
    expect(await findNginx(program)).toEqual({ why: expect.stringMatching(/nginx -V failed/) });
    rmSync(dir, { recursive: true });
  });
});
