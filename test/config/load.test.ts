import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/adapters/redis/address.ts';
import { type Env, loadConfig } from '../../src/config/load.ts';

function refusal(env: Env): string {
  try {
    loadConfig(env, '/srv');
  } catch (err) {
    if (err instanceof Error && err.name === 'ConfigError') return err.message;
    throw err;
  }
  throw new Error('was accepted');
}

describe('the configuration of a broker', () => {
  it('needs nothing to be set', () => {
    const config = loadConfig({}, '/srv');
    expect(config).toMatchObject({
      dataDir: '/srv/.berth',
      store: { kind: 'sqlite', file: '/srv/.berth/berth.db' },
      listen: { host: '127.0.0.1', port: 7700 },
      httpListen: { host: '127.0.0.1', port: 7701 },
      tls: null,
      lead: true,
      leaseMs: 14_000,
      leaseRenewMs: 3_000,
      processPorts: { from: 20_000, to: 29_999 },
      proxyPorts: { from: 30_000, to: 32_767 },
      nginx: null,
      keepEndedMs: 86_400_000,
    });
    expect(existsSync(config.classesFile)).toBe(true);
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('takes empty variables as not set', () => {
    expect(loadConfig({ BERTH_MAX_INSTANCES: '', BERTH_LEAD: '' }, '/srv')).toEqual(loadConfig({}, '/srv'));
  });

  it('reads "false" as false', () => {
    expect(loadConfig({ BERTH_LEAD: 'false' }, '/srv').lead).toBe(false);
  });

  // What is accepted here is also read by the adapter: config may not import it, so this test compares.
  it.each([
    ['redis://127.0.0.1:6379'],
    ['rediss://user:secret@redis.example.org/3'],
    ['redis://:p%40ss@[::1]:6379/0'],
    ['redis-sentinel://:secret@a:26379,b:26379,[::1]:26379/mymaster'],
    ['redis-sentinel://a:26379/mymaster?db=2&sentinelPassword=x'],
    ['rediss-sentinel://a,b/mymaster'],
  ])('takes %s as a store', (url) => {
    expect(loadConfig({ BERTH_STORE: url }, '/srv').store).toEqual({ kind: 'redis', url });
    expect(() => parseAddress(url)).not.toThrow();
  });

  it.each(['0.0.0.0', '::', '::0', '0:0:0:0:0:0:0:0'])(
    'wants a host to tell callers when proxies listen on %s',
    (all) => {
      expect(refusal({ BERTH_PROXY_LISTEN: all })).toContain('BERTH_PROXY_HOST: is required with BERTH_PROXY_LISTEN=');
      expect(loadConfig({ BERTH_PROXY_LISTEN: all, BERTH_PROXY_HOST: 'a.example' }, '/srv').proxyHost).toBe(
        'a.example',
      );
    },
  );

  it.each(['fe80::1%lo', '::ffff:0.0.0.0', '[::1]', '010.0.0.1', 'localhost', '127.0.0.1:80'])(
    'lets no proxy listen on %s, which nginx would refuse or take for something else',
    (address) => {
      expect(refusal({ BERTH_PROXY_LISTEN: address })).toContain('accepted: an IP address, such as');
    },
  );

  it.each(['0.0.0.0', '::', 'a.example:80', '-', 'a..b', '127.0.0', '1.2.3.4.5', '[::1]', 'a.example.'])(
    'does not tell callers to connect to %s',
    (host) => {
      expect(refusal({ BERTH_PROXY_HOST: host })).toBe(
        `BERTH_PROXY_HOST: "${host}" is not accepted; accepted: a host name or an IP address without a port, and no wildcard`,
      );
    },
  );

  it.each(['a', 'sessions.example.org', 'x1--y.example', '10.0.0.1', '::1'])('tells callers %s', (host) => {
    expect(loadConfig({ BERTH_PROXY_HOST: host }, '/srv').proxyHost).toBe(host);
  });

  it('counts relative paths from the folder it was started in', () => {
    const config = loadConfig(
      { BERTH_STORE: 'sqlite:a/b.db', BERTH_TLS_CERT: 'c.pem', BERTH_TLS_KEY: '/k.pem' },
      '/srv',
    );
    expect(config.store).toEqual({ kind: 'sqlite', file: '/srv/a/b.db' });
    expect(config.tls).toEqual({ certFile: '/srv/c.pem', keyFile: '/k.pem', clientCaFile: null });
  });

  it('turns the HTTP port off', () => {
    expect(loadConfig({ BERTH_HTTP_LISTEN: 'off' }, '/srv').httpListen).toBeNull();
  });

  it('says for every wrong variable at once which it is, its value and what is accepted', () => {
    const text = refusal({
      BERTH_LEASE: '15',
      BERTH_MAX_INSTANCES: '-1',
      BERTH_LEAD: 'maybe',
      BERTH_LISTEN: '7700',
      BERTH_PROCESS_PORTS: '30000-20000',
      BERTH_LOG_LEVEL: 'loud',
      BERTH_STORE: 'sqlite::memory:',
    });
    const lines = text.split('\n');
    expect(lines).toHaveLength(7);
    for (const line of lines) expect(line).toMatch(/^BERTH_[A-Z_]+: ".*" is not accepted; accepted: ./);
    expect(lines).toContain('BERTH_MAX_INSTANCES: "-1" is not accepted; accepted: a whole number from 0 to 1000000');
  });

  it('refuses an unknown variable and suggests the nearest name', () => {
    expect(refusal({ BERTH_MAX_INSTANCE: '3' })).toBe(
      'BERTH_MAX_INSTANCE: is no option of berth; did you mean "BERTH_MAX_INSTANCES"?',
    );
  });

  it('lets be what clients, instances and Kubernetes put into the same environment', () => {
    const env = {
      BERTH_ADDRESS: 'x:1',
      BERTH_TOKEN: 't',
      BERTH_INSTANCE_ID: 'i-1',
      BERTH_PORT_HTTP: '20001',
      BERTH_SERVICE_HOST: '10.0.0.1',
      BERTH_SERVICE_PORT_GRPC: '7700',
      BERTH_PORT: 'tcp://10.0.0.1:7700',
      BERTH_PORT_7700_TCP_ADDR: '10.0.0.1',
      BERTH_HTTP_PORT_7701_TCP: 'tcp://10.0.0.1:7701',
      PATH: '/bin',
    };
    expect(loadConfig(env, '/srv')).toEqual(loadConfig({}, '/srv'));
  });

  it.each([
    [{ BERTH_TLS_KEY: 'k' }, 'BERTH_TLS_CERT: is required with BERTH_TLS_KEY'],
    [{ BERTH_TLS_CERT: 'c' }, 'BERTH_TLS_KEY: is required with BERTH_TLS_CERT'],
    [{ BERTH_TLS_CLIENT_CA: 'c' }, 'BERTH_TLS_CERT: is required with BERTH_TLS_CLIENT_CA'],
    [
      { BERTH_LEASE_RENEW: '6s' },
      'BERTH_LEASE_RENEW: "6s" is too long for a lease of 14s: two renewals may be lost; accepted: at most 4s666ms',
    ],
    [{ BERTH_LISTEN: '0.0.0.0:7700' }, 'BERTH_LISTEN: "0.0.0.0" can be reached from other machines'],
    [{ BERTH_LISTEN: '127.0.0.1:20005' }, 'BERTH_LISTEN: port 20005 is one of BERTH_PROCESS_PORTS (20000-29999)'],
    [{ BERTH_LISTEN: '127.0.0.1:30005' }, 'BERTH_LISTEN: port 30005 is one of BERTH_PROXY_PORTS (30000-32767)'],
    [{ BERTH_PROXY_PORTS: '29000-31000' }, 'BERTH_PROXY_PORTS: 29000-31000 shares ports with BERTH_PROCESS_PORTS'],
    [{ BERTH_HTTP_LISTEN: '127.0.0.1:7700' }, 'BERTH_HTTP_LISTEN: port 7700 is the one of BERTH_LISTEN'],
  ])('refuses %j', (env, text) => {
    expect(refusal(env)).toContain(text);
  });

  it.each([
    [{ BERTH_LISTEN: '0.0.0.0:7700', BERTH_INSECURE: 'true' }],
    [{ BERTH_LISTEN: '[::]:7700', BERTH_TLS_CERT: 'c', BERTH_TLS_KEY: 'k' }],
    [{ BERTH_LISTEN: '127.0.0.1:0', BERTH_HTTP_LISTEN: '127.0.0.1:0' }],
    [{ BERTH_LEASE: '1s', BERTH_LEASE_RENEW: '300ms' }],
  ])('accepts %j', (env) => {
    expect(() => loadConfig(env, '/srv')).not.toThrow();
  });

  it.each([
    'redis://admin:hunter2@host:port',
    'redis://admin:hun@ter2@h:1/x/y',
    'redis-sentinel://a:1/m?sentinelPassword=hunter2 ',
    `redis://admin:hunter2@${'h'.repeat(200)}!`,
  ])('does not repeat the password of %s', (url) => {
    const text = refusal({ BERTH_STORE: url });
    expect(text).toContain('BERTH_STORE');
    expect(text).not.toMatch(/hun|ter2/);
  });
});
