import { connect, type Socket } from 'node:net';
import {
  Client,
  credentials,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { closedPort, tcpServer } from './upstream.ts';
import { at, type NginxWorld, nginxWorld, portOf } from './world.ts';

const same = (b: Buffer): Buffer => b;
const base = {
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
} as const;
const SAY: MethodDefinition<Buffer, Buffer> = {
  ...base,
  path: '/test.Echo/Say',
  requestStream: false,
  responseStream: false,
};
const TALK: MethodDefinition<Buffer, Buffer> = {
  ...base,
  path: '/test.Echo/Talk',
  requestStream: true,
  responseStream: true,
};

/** A real gRPC server that says what it hears. @returns its port */
async function echoServer(): Promise<number> {
  const server = new Server({ 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 });
  server.addService(
    { say: SAY, talk: TALK },
    {
      say: (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) =>
        call.request.toString() === 'fail'
          ? answer({ code: status.FAILED_PRECONDITION, details: 'as asked: ä' })
          : answer(null, call.request),
      talk: (call: ServerDuplexStream<Buffer, Buffer>) => {
        call.on('data', (b: Buffer) => call.write(b));
        call.on('end', () => call.end());
        call.on('error', () => undefined);
      },
    },
  );
  onTestFinished(() => server.forceShutdown());
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (err, port) =>
      err ? reject(err) : resolve(port),
    );
  });
}

function clientOf(port: number): Client {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
  });
  onTestFinished(() => client.close());
  return client;
}

const say = (client: Client, text: Buffer): Promise<Buffer | undefined> =>
  new Promise((resolve, reject) => {
    client.makeUnaryRequest(SAY.path, same, same, text, (err, answer) => (err ? reject(err) : resolve(answer)));
  });

describe('gRPC through nginx-local', () => {
  let world: NginxWorld;
  beforeEach(async () => {
    world = await nginxWorld();
  });
  afterEach(() => world.close());
  const client = async (port: number, over = {}): Promise<Client> =>
    clientOf(portOf(await world.serve([at(port, 'grpc')], over)));

  it('carries calls, their errors with details, and messages of 16 MB', async () => {
    const grpc = await client(await echoServer());
    expect(String(await say(grpc, Buffer.from('hello')))).toBe('hello');
    await expect(say(grpc, Buffer.from('fail'))).rejects.toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: 'as asked: ä',
    });
    const big = Buffer.alloc(16 * 1024 * 1024, 'x');
    expect((await say(grpc, big))?.length).toBe(big.length);
  });

  it('carries a stream in both directions, each message at once', async () => {
    const talk = (await client(await echoServer())).makeBidiStreamRequest(TALK.path, same, same);
    for (const text of ['one', 'two', 'three']) {
      // The next is only sent when this one has come back.
      const back = new Promise<Buffer>((resolve) => talk.once('data', resolve));
      talk.write(Buffer.from(text));
      expect(String(await back)).toBe(text);
    }
    const ended = new Promise<void>((resolve) => talk.once('end', resolve));
    talk.on('data', () => undefined);
    talk.end();
    await ended;
  });

  it('ends a stream on which nobody says anything only after the time of the class', async () => {
    const port = await echoServer();
    const quiet = (await client(port, { clientBodyTimeoutMs: 1_000 })).makeBidiStreamRequest(TALK.path, same, same);
    const long = (await client(port)).makeBidiStreamRequest(TALK.path, same, same);
    const ended = new Promise<{ code: number }>((resolve) => quiet.once('status', resolve));
    let over = false;
    quiet.on('error', () => undefined).on('data', () => undefined);
    long
      .on('error', () => undefined)
      .once('status', () => {
        over = true;
      });
    const back = [quiet, long].map((s) => new Promise((resolve) => s.once('data', resolve)));
    for (const s of [quiet, long]) s.write(Buffer.from('x'));
    await Promise.all(back);
    expect((await ended).code).not.toBe(status.OK);
    expect(over).toBe(false);
    long.cancel();
  });

  it('answers UNAVAILABLE until the instance answers', async () => {
    await expect(say(await client(await closedPort()), Buffer.from('x'))).rejects.toMatchObject({
      code: status.UNAVAILABLE,
      details: 'The session does not answer yet.',
    });
  });
});

describe('TCP through nginx-local', () => {
  let world: NginxWorld;
  beforeEach(async () => {
    world = await nginxWorld();
  });
  afterEach(() => world.close());

  async function opened(port: number): Promise<Socket> {
    const socket = connect(portOf(await world.serve([at(port, 'tcp')])), '127.0.0.1');
    socket.on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
    return socket;
  }
  const next = (socket: Socket): Promise<string> =>
    new Promise((resolve, reject) => {
      socket.once('data', (data: Buffer) => resolve(String(data)));
      socket.once('close', () => reject(new Error('closed')));
    });

  it('carries bytes in both directions, also when the server speaks first', async () => {
    const socket = await opened(
      await tcpServer((s) => {
        s.write('welcome');
        s.on('data', (data) => s.write(`you said ${data}`));
      }),
    );
    expect(await next(socket)).toBe('welcome');
    socket.write('\0\xff', 'latin1');
    expect(Buffer.from(await next(socket)).toString()).toContain('you said');
  });

  it('carries the end of one direction and what still comes in the other', async () => {
    const socket = await opened(await tcpServer((s) => s.resume().once('end', () => s.end('all of it'))));
    let text = '';
    socket.on('data', (data: Buffer) => {
      text += data;
    });
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.end('question');
    await closed;
    expect(text).toBe('all of it');
  });

  it('ends a connection at once while the instance does not answer', async () => {
    const socket = await opened(await closedPort());
    let over = false;
    socket.resume().once('close', () => {
      over = true;
    });
    await eventually('the end of it', () => over);
  });
});
