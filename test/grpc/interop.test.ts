import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type Client, type ClientDuplexStream, type ClientReadableStream, Metadata } from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';
import { afterEach, describe, expect, it } from 'vitest';
import { fromRoot } from '../support/drift.ts';
import { buildDescriptors, DESCRIPTORS } from './descriptors.ts';
import { bearer, call, DEADLINE_MS, type Edge, failure, startEdge, until } from './support.ts';

const BROKER = 'berth.v1.SessionBroker';

/** A client in another language (Go), which knows of the services only what reflection tells it. */
function curl(edge: Edge, path: string, data: object, ...headers: readonly string[]): Promise<string> {
  const url = `http://${edge.server.address}${path}`;
  const args = ['curl', '--protocol', 'grpc', '--http2-prior-knowledge', '--data', JSON.stringify(data)];
  const extra = headers.flatMap((header) => ['--header', header, '--reflect-header', header]);
  return new Promise((resolve, reject) => {
    execFile(fromRoot('node_modules/.bin/buf'), [...args, ...extra, url], { timeout: 25_000 }, (err, out, said) =>
      err === null ? resolve(out) : reject(new Error(said)),
    );
  });
}

describe('A client that knows nothing but reflection', () => {
  let edge: Edge;
  afterEach(() => edge.close());

  it('acquires a session by the field names of the proto files', async () => {
    edge = await startEdge();
    const request = { class: 'echo', request_id: 'r:1', requirements: { cpu: { request: 0.5 } }, lifetime: '90s' };
    const { session } = JSON.parse(await curl(edge, `/${BROKER}/AcquireSession`, request));
    expect(session).toMatchObject({ requestId: 'r:1', phase: 'SESSION_PHASE_ACTIVE', fromReserve: true });
    expect(edge.engine.inputOf(session.id)).toMatchObject({ lifetimeMs: 90_000, requirements: { cpuRequest: 0.5 } });
    const watched = await curl(edge, `/${BROKER}/GetSession`, { name: 'no-such-name' }).catch((e: Error) => e.message);
    expect(watched).toContain('"code": "not_found"');
  });

  it('asks the health service', async () => {
    edge = await startEdge();
    expect(JSON.parse(await curl(edge, '/grpc.health.v1.Health/Check', { service: BROKER }))).toEqual({
      status: 'SERVING',
    });
  });

  it('needs a token once there is one', async () => {
    edge = await startEdge();
    const { secret } = await call(edge.client, 'CreateToken', { tenant: 'ops', role: 'ROLE_ADMIN' });
    await expect(curl(edge, `/${BROKER}/ListSessions`, {})).rejects.toThrow('failed to find service');
    expect(JSON.parse(await curl(edge, `/${BROKER}/ListSessions`, {}, `authorization: Bearer ${secret}`))).toEqual({});
  });
});

describe('Reflection', () => {
  let edge: Edge;
  afterEach(() => edge.close());

  it('shows the proto files as they are', async () => {
    edge = await startEdge();
    expect(readFileSync(DESCRIPTORS).equals(buildDescriptors()), 'run: node test/grpc/descriptors.ts').toBe(true);
  });

  it.each(['v1', 'v1alpha'])('%s lists the services', async (version) => {
    edge = await startEdge();
    // list_services: "*" (field 7), answered in list_services_response (field 6).
    const asked = Buffer.from([(7 << 3) | 2, 1, 0x2a]);
    const names = (await reflect(edge.client, version, asked)).toString('latin1');
    for (const name of [BROKER, 'berth.v1.BrokerAdmin', 'grpc.health.v1.Health']) expect(names).toContain(name);
  });

  it('asks for a token once there is one', async () => {
    edge = await startEdge();
    await call(edge.client, 'CreateToken', { tenant: 'ops', role: 'ROLE_ADMIN' });
    expect(await failure(reflect(edge.client, 'v1', Buffer.alloc(0)))).toMatchObject({
      code: 'UNAUTHENTICATED',
      reason: 'TOKEN_MISSING',
    });
  });

  it('ends when the broker stops', async () => {
    edge = await startEdge();
    const open = reflectionStream(edge.client, 'v1');
    const ended = failure(new Promise((_, reject) => open.on('error', reject)));
    open.write(Buffer.from([(7 << 3) | 2, 1, 0x2a]));
    await new Promise((resolve) => open.once('data', resolve));
    await edge.server.stop(5_000);
    expect(await ended).toMatchObject({ code: 'UNAVAILABLE', reason: 'BROKER_STOPPING' });
  });

  const same = (b: Buffer): Buffer => b;
  const reflectionStream = (client: Client, version: string): ClientDuplexStream<Buffer, Buffer> =>
    client.makeBidiStreamRequest(
      `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
      same,
      same,
      new Metadata(),
      { deadline: Date.now() + DEADLINE_MS },
    );
  async function reflect(client: Client, version: string, asked: Buffer): Promise<Buffer> {
    const running = reflectionStream(client, version);
    running.end(asked);
    const answers: Buffer[] = [];
    for await (const answer of running) answers.push(answer);
    return Buffer.concat(answers);
  }
});

describe('Health', () => {
  let edge: Edge;
  afterEach(() => edge.close());

  const of = (name: string) => {
    const found = healthService[name];
    if (found === undefined) throw new Error(`the health service has no ${name}`);
    return found;
  };
  const Check = of('Check');
  const Watch = of('Watch');
  const List = of('List');
  const check = (client: Client, service: string): Promise<{ status: string }> =>
    new Promise((resolve, reject) =>
      client.makeUnaryRequest(
        Check.path,
        Check.requestSerialize,
        Check.responseDeserialize,
        { service },
        (err, answer) => (err === null ? resolve(answer as { status: string }) : reject(err)),
      ),
    );
  const watch = (client: Client, service: string): ClientReadableStream<{ status: string }> =>
    client.makeServerStreamRequest(
      Watch.path,
      Watch.requestSerialize,
      Watch.responseDeserialize as (b: Buffer) => { status: string },
      { service },
    );

  it('is open to everybody, for the whole and for each service', async () => {
    edge = await startEdge();
    await call(edge.client, 'CreateToken', { tenant: 'ops', role: 'ROLE_ADMIN' });
    for (const name of ['', BROKER, 'berth.v1.BrokerAdmin'])
      expect(await check(edge.client, name)).toEqual({ status: 'SERVING' });
    expect(await failure(check(edge.client, 'x'.repeat(3_000_000)))).toMatchObject({
      code: 'NOT_FOUND',
      reason: 'SERVICE_UNKNOWN',
    });
    const listed = await new Promise((resolve, reject) =>
      edge.client.makeUnaryRequest(List.path, List.requestSerialize, List.responseDeserialize, {}, (err, answer) =>
        err === null ? resolve(answer) : reject(err),
      ),
    );
    expect(Object.keys((listed as { statuses: object }).statuses)).toEqual(['', BROKER, 'berth.v1.BrokerAdmin']);
  });

  it('tells those who watch when serving ends, before the broker does', async () => {
    edge = await startEdge();
    const seen: string[] = [];
    const watching = watch(edge.client, BROKER).on('data', ({ status }) => seen.push(status));
    const unknown: string[] = [];
    const other = watch(edge.client, 'nobody').on('data', ({ status }) => unknown.push(status));
    const ends = [watching, other].map((w) => failure(new Promise((_, reject) => w.on('error', reject))));
    await until(() => seen.length === 1 && unknown.length === 1, 'the present state');
    edge.server.setServing(false);
    edge.server.setServing(false);
    edge.server.setServing(true);
    await until(() => seen.length === 3, 'two changes');
    await edge.server.stop(5_000);
    for (const end of await Promise.all(ends)) expect(end).toMatchObject({ code: 'UNAVAILABLE' });
    expect(seen).toEqual(['SERVING', 'NOT_SERVING', 'SERVING', 'NOT_SERVING']);
    expect(unknown).toEqual(['SERVICE_UNKNOWN']);
  });

  it('asked without a token after a token exists still leaves the rest closed', async () => {
    edge = await startEdge();
    const { secret } = await call(edge.client, 'CreateToken', { tenant: 'ops', role: 'ROLE_ADMIN' });
    expect(await check(edge.client, '')).toEqual({ status: 'SERVING' });
    expect(await failure(call(edge.client, 'GetStatus', {}))).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect((await call(edge.client, 'GetStatus', {}, { metadata: bearer(secret) })).store).toBe('sqlite');
  });
});
