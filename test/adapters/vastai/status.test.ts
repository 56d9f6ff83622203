import { describe, expect, it } from 'vitest';
import { createLooks } from '../../../src/adapters/vastai/looks.ts';
import { failureIn } from '../../../src/adapters/vastai/status.ts';
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts';

const NOW = 1_795_000_000_000;

const running = {
  id: 7,
  label: 'x',
  machine_id: 11,
  host_id: 12,
  geolocation: 'Texas, US',
  actual_status: 'running',
  intended_status: 'running',
  cur_state: 'running',
  next_state: 'running',
  status_msg: 'success, running example_app_1/ssh\n',
  public_ipaddr: '8.8.8.8\n',
  ports: {
    '8000/tcp': [
      { HostIp: '0.0.0.0', HostPort: '37708' },
      { HostIp: '::', HostPort: '37708' },
    ],
    '8001/tcp': [{ HostPort: 40713 }],
  },
  extra_env: [
    ['-p 8000:8000', '1'],
    ['BERTH_PORTS', 'http:http:8000,api:grpc:8001'],
  ],
  end_date: NOW / 1000 + 3600,
  dph_total: 0.3,
};
const loading = { ...running, actual_status: 'loading', status_msg: null, ports: {}, public_ipaddr: null };

function look(row: object, clock: FakeClock = fakeClock(NOW)) {
  const refuses = (address: string) => (address.startsWith('10.') ? 'its address is private' : null);
  return createLooks({ clock, pace: 1, installationId: 'one', refuses }).seen(row);
}
const exited = (cause: string, detail?: string) => ({
  status: 'exited',
  cause,
  ...(detail === undefined ? {} : { detail: expect.stringContaining(detail) }),
});
const starting = (detail: string) => ({ status: 'starting', detail });

describe('An instance of Vast.ai', () => {
  it('runs when it says so and every port has its address', () => {
    expect(look(running)).toEqual({
      status: 'running',
      addresses: [
        { name: 'http', protocol: 'http', host: '8.8.8.8', port: 37_708 },
        { name: 'api', protocol: 'grpc', host: '8.8.8.8', port: 40_713 },
      ],
    });
    expect(look({ ...running, extra_env: [['BERTH_PORTS', '']], ports: {} })).toEqual({
      status: 'running',
      addresses: [],
    });
  });

  it.each<[string, object, object]>([
    ['no ports yet', { ports: {} }, starting('waits for its ports')],
    ['ports that are null', { ports: null }, starting('waits for its ports')],
    ['one of two ports', { ports: { '8000/tcp': [{ HostPort: '1' }] } }, starting('waits for its ports')],
    [
      'a port that is no port',
      { ports: { ...running.ports, '8001/tcp': [{ HostPort: '70000' }] } },
      starting('waits for its ports'),
    ],
    ['a port without a binding', { ports: { ...running.ports, '8001/tcp': null } }, starting('waits for its ports')],
    ['no address', { public_ipaddr: ' \n' }, starting('waits for its ports')],
    ['no word of its ports', { extra_env: null }, starting('its ports are not told')],
    ['ports in words that are not ours', { extra_env: [['BERTH_PORTS', 'http']] }, starting('its ports are not told')],
    ['a private address', { public_ipaddr: '10.0.0.7' }, exited('runtime', 'private')],
    ['an offer that has ended', { end_date: NOW / 1000 - 1 }, exited('preempted', 'offer has ended')],
    ['a state that contradicts', { cur_state: 'stopped' }, { status: 'running' }],
    ['no end', { end_date: null }, { status: 'running' }],
    ['an intention to stop', { intended_status: 'stopped' }, exited('preempted', 'stopped')],
    [
      'an error of another time in its text',
      { status_msg: 'success, running; error response from daemon' },
      { status: 'running' },
    ],
  ])('that runs with %s', (_, over, seen) => {
    expect(look({ ...running, ...over })).toMatchObject(seen);
  });

  it.each<[string, object, object]>([
    ['nothing said', { actual_status: null }, starting('is being made')],
    ['nothing said but its status', {}, starting('loading')],
    [
      'progress',
      { status_msg: '4f4fb700ef54: Downloading [==>  ]\n 1.2GB/5GB\n' },
      starting('4f4fb700ef54: Downloading [==> ] 1.2GB/5GB'),
    ],
    ['a container that does not run yet', { actual_status: 'created' }, starting('created')],
    ['a reboot', { actual_status: 'rebooting' }, starting('rebooting')],
    [
      'an image that is looked for',
      { status_msg: "Unable to find image 'x:1' locally" },
      starting("Unable to find image 'x:1' locally"),
    ],
    [
      'an image that there is not',
      { status_msg: 'Error response from daemon: manifest for x:1 not found: manifest unknown' },
      exited('ours', 'manifest'),
    ],
    [
      'an image that we may not have',
      { status_msg: 'pull access denied for x, repository does not exist' },
      exited('ours', 'denied'),
    ],
    ['a login that is wrong', { status_msg: 'unauthorized: incorrect username or password' }, exited('ours')],
    [
      'a program that there is not',
      {
        actual_status: 'created',
        status_msg: 'OCI runtime create failed: exec: "foo": executable file not found in $PATH',
      },
      exited('ours'),
    ],
    [
      'a runtime that fails',
      {
        actual_status: 'created',
        status_msg: 'Error response from daemon: OCI runtime create failed: runc create failed',
      },
      exited('runtime', 'OCI'),
    ],
    ['a GPU that is not found', { status_msg: 'could not select device driver "nvidia"' }, exited('runtime')],
    ['a full disk', { status_msg: 'failed to register layer: no space left on device' }, exited('pull')],
    [
      'a registry that limits its address',
      { status_msg: 'toomanyrequests: You have reached your pull rate limit' },
      exited('pull'),
    ],
    [
      'a failing that intends to stop',
      { intended_status: 'stopped', cur_state: 'stopped', status_msg: 'Error response from daemon: timeout' },
      exited('pull'),
    ],
    [
      'all three states stopped',
      { intended_status: 'stopped', cur_state: 'stopped', next_state: 'stopped' },
      exited('preempted'),
    ],
    [
      'its process ended',
      { actual_status: 'exited', status_msg: 'Error: container exited unexpectedly\n' },
      exited('exited', 'unexpectedly'),
    ],
    ['a stop', { actual_status: 'stopped' }, exited('exited', 'it is stopped')],
    ['a freeze', { actual_status: 'frozen' }, exited('exited')],
  ])('that starts with %s', (_, over, seen) => {
    expect(look({ ...loading, ...over })).toMatchObject(seen);
  });

  it.each<[string, object, object, object]>([
    ['is offline', { actual_status: 'offline' }, { status: 'unreadable' }, exited('offline')],
    ['sends no heartbeat', { actual_status: 'unknown' }, { status: 'unreadable' }, exited('offline')],
    [
      'has no room',
      { cur_state: 'stopped', status_msg: 'Required resources' },
      starting('Required resources'),
      exited('preempted', 'no room'),
    ],
  ])(
    'is waited for a while when its host %s, and from the beginning when that comes again',
    async (_, over, first, then) => {
      const clock = fakeClock(NOW);
      const looks = createLooks({ clock, pace: 1, installationId: 'one', refuses: () => null });
      const bad = { ...loading, ...over };
      for (let round = 0; round < 2; round++) {
        expect(looks.seen(bad)).toMatchObject(first);
        await clock.advance(29_000);
        expect(looks.seen(bad)).toMatchObject(first);
        await clock.advance(1_000);
        expect(looks.seen(bad)).toMatchObject(then);
        expect(looks.seen(loading).status).toBe('starting');
      }
      looks.seen(bad);
      await clock.advance(60_000);
      looks.keepOnly(new Set());
      expect(looks.seen(bad)).toMatchObject(first);
    },
  );

  it('that cannot be read proves nothing', () => {
    for (const row of [
      {},
      7,
      'x',
      { ...running, id: 'seven' },
      { ...running, actual_status: 5 },
      { ...running, machine_id: null },
    ])
      expect(look(row)).toMatchObject({ status: 'unreadable' });
  });

  it.each([-5, '-5', 1e300])('is of unknown price when that is said to be %s', (dph_total) => {
    const looks = createLooks({ clock: fakeClock(NOW), pace: 1, installationId: 'one', refuses: () => null });
    const label = 'berth/one/i-00000000000000000000000001/c/r/reserve';
    const owned = (row: object) => looks.owned({ id: 7, label, raw: { ...running, label, ...row } });
    expect(owned({})?.microsPerHour).toBe(300_000);
    expect(owned({ dph_total })).toMatchObject({ seen: { status: 'running' } });
    expect(owned({ dph_total })).not.toHaveProperty('microsPerHour');
  });

  it('has a text of one line that is not too long', () => {
    const seen = look({ ...loading, status_msg: `a\u0007\n\n${'b'.repeat(500)}` });
    expect(seen).toMatchObject({ status: 'starting', detail: expect.stringMatching(/^a b{100,}…$/) });
    expect('detail' in seen ? seen.detail.length : 0).toBe(200);
  });
});

describe('A status text', () => {
  it.each([
    '',
    'Pulling from library/nginx',
    'success, running x/ssh',
    'Extracting',
    'Verifying Checksum',
    'error: 3 retries',
  ])('tells of no failing: "%s"', (text) => expect(failureIn(text)).toBeNull());

  it.each([
    'OCI runtime create failed: error running prestart hook #0: fork/exec /usr/bin/nvidia-container-runtime-hook: no such file or directory',
    'Error response from daemon: exec: "containerd-shim-runc-v2": executable file not found in $PATH',
    'error getting credentials - err: exec: "docker-credential-desktop": executable file not found in $PATH',
  ])('blames the host for its own programs: "%s"', (text) => expect(failureIn(text)).toBe('runtime'));

  it('is read at its ends only, however long a host makes it', () => {
    const startedAt = performance.now();
    const long = 'exec manifest for '.repeat(60_000);
    expect(look({ ...loading, status_msg: long })).toMatchObject({ status: 'starting' });
    expect(failureIn(`${long} OCI runtime create failed`)).toBe('runtime');
    // In full it takes minutes.
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});
