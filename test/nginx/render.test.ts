import { describe, expect, it } from 'vitest';
import type { NginxDescription } from '../../src/nginx/describe.ts';
import { renderNginx } from '../../src/nginx/render.ts';
import { PROXY_SETTINGS } from '../support/fixtures.ts';

const TOKEN = '0123456789abcdef'.repeat(4);
const COOKIE = `berth_${'01234abcd'.padEnd(26, '0')}`;
const SERVING: NginxDescription = {
  generation: 3,
  ports: [
    {
      name: 'web',
      protocol: 'http',
      listen: ['127.0.0.1:8080', '[::1]:8080'],
      upstream: { host: '10.1.2.3', port: 80 },
    },
    { name: 'api', protocol: 'grpc', listen: ['127.0.0.1:8081'], upstream: { host: '2001:db8::1', port: 81 } },
    { name: 'ssh-2', protocol: 'tcp', listen: ['127.0.0.1:8082'], upstream: { host: 'host.example', port: 22 } },
  ],
  settings: { ...PROXY_SETTINGS, maxBody: 1_000_000 },
  access: null,
  authorization: null,
  probes: 'berth-probe',
  files: {
    pid: 'nginx.pid',
    errorLog: 'error.log',
    accessLog: 'access.log',
    refusedLog: 'refused.log',
    temp: 'tmp',
  },
  status: 'unix:status.sock',
  dialect: { modules: ['/usr/lib/nginx/modules/ngx_stream_module.so'], http2: 'on-listen' },
  daemon: true,
};

const withUpstream = (host: string, port = 80): NginxDescription => ({
  ...SERVING,
  ports: SERVING.ports.map((p) => ({ ...p, upstream: { host, port } })),
});

describe('The nginx configuration', () => {
  it('is this for a port of each protocol', async () => {
    await expect(renderNginx(SERVING)).toMatchFileSnapshot('golden/serving.conf');
  });

  it('is this where the instance is not known yet, for a pod with a newer nginx', async () => {
    const pod: NginxDescription = {
      ...SERVING,
      ports: SERVING.ports.map((p) => ({ ...p, upstream: null })),
      files: {
        pid: '/tmp/nginx.pid',
        errorLog: '/dev/stderr',
        accessLog: '/dev/stdout',
        refusedLog: '/dev/stdout',
        temp: '/tmp',
      },
      status: '127.0.0.1:9145',
      dialect: { modules: [], http2: 'directive' },
      daemon: false,
    };
    await expect(renderNginx(pod)).toMatchFileSnapshot('golden/waiting.conf');
  });

  it('is this where requests need a token', async () => {
    const asking = { ...SERVING, access: { token: TOKEN, parameter: 'berth_token', cookie: COOKIE } };
    await expect(renderNginx(asking)).toMatchFileSnapshot('golden/asking.conf');
  });

  it.each(["token x'; return 200", 'token a b', '', 'token $host', 'token {{instance_token}}'])(
    'refuses an authorization %j',
    (authorization) => {
      expect(() => renderNginx({ ...SERVING, authorization })).toThrow(RangeError);
    },
  );

  it.each(['', "x'; default open", 'f'.repeat(31), 'F'.repeat(64), `${'f'.repeat(63)}\n`])(
    'refuses a token %j, without telling it',
    (token) => {
      const render = () => renderNginx({ ...SERVING, access: { token, parameter: 'berth_token', cookie: COOKIE } });
      expect(render).toThrow('the access token is not 32 to 128 hexadecimal digits');
    },
  );

  it.each(['evil; root /', 'a b', '127.0.0.1}', "x'", 'x\ny', '$host', ''])('refuses an upstream %j', (host) => {
    expect(() => renderNginx(withUpstream(host))).toThrow(RangeError);
  });

  it.each([0, -1, 65_536, 1.5, Number.NaN])('refuses port %d of an upstream', (port) => {
    expect(() => renderNginx(withUpstream('127.0.0.1', port))).toThrow(RangeError);
  });

  it('refuses a path that would not be one word', () => {
    expect(() => renderNginx({ ...SERVING, files: { ...SERVING.files, accessLog: 'a.log; daemon off' } })).toThrow(
      RangeError,
    );
  });
});
