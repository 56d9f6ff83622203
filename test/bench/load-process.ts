import { type Client, credentials, makeClientConstructor, type ServiceError } from '@grpc/grpc-js';
import type { AcquireSessionResponse__Output as Acquired } from '../../src/grpc/generated/berth/v1/AcquireSessionResponse.ts';
import type { ReleaseSessionResponse__Output as Released } from '../../src/grpc/generated/berth/v1/ReleaseSessionResponse.ts';
import { loadServices, serviceOf } from '../../src/grpc/protos.ts';
import { serveParent } from './child.ts';
import { summarise } from './samples.ts';

/** What is measured at the client's side, in a process of its own. The same for berth and for the floor. */
export type LoadHandlers = typeof handlers;

export type Load = {
  readonly class: string;
  /** Each awaits its answer before it asks again. */
  readonly callers: number;
  /** Sessions to acquire, all callers together. */
  readonly sessions: number;
  /** Ends earlier after this [s]. */
  readonly seconds?: number;
  readonly release: boolean;
  /** Lifetime of the sessions [s]; absent: the class's. */
  readonly lifetime?: number;
};

/** A call that takes longer has failed, and the measurement with it [ms]. */
const DEADLINE = 60_000;
const Service = makeClientConstructor(serviceOf(loadServices(), 'berth.v1.SessionBroker'), 'SessionBroker');

let client: Client | null = null;
/** Own ones in every process. */
let requests = 0;
const stamp = Date.now().toString(36);

type Method = (
  request: object,
  options: { readonly deadline: number },
  callback: (err: ServiceError | null, response: unknown) => void,
) => void;

function call<T>(method: 'AcquireSession' | 'ReleaseSession', request: object): Promise<T> {
  return new Promise((resolve, reject) => {
    if (client === null) return reject(new Error('not connected'));
    const ask = (client as unknown as Readonly<Record<string, Method>>)[method];
    ask?.call(client, request, { deadline: Date.now() + DEADLINE }, (err, response) => {
      if (err === null) resolve(response as T);
      else reject(err);
    });
  });
}

const acquire = (load: Pick<Load, 'class' | 'lifetime'>): Promise<Acquired> =>
  call('AcquireSession', {
    requestId: `bench-${stamp}-${String(++requests).padStart(8, '0')}`,
    class: load.class,
    owner: 'somebody@example.org',
    labels: { hub: 'bench' },
    ...(load.lifetime === undefined ? {} : { lifetime: { seconds: load.lifetime, nanos: 0 } }),
  });

const release = (id: string): Promise<Released> => call('ReleaseSession', { id });

async function run(load: Load) {
  const acquires: number[] = [];
  const releases: number[] = [];
  let left = load.sessions;
  let cold = 0;
  const begun = performance.now();
  const until = begun + (load.seconds ?? Number.POSITIVE_INFINITY) * 1_000;

  async function caller(): Promise<void> {
    while (left-- > 0 && performance.now() < until) {
      const asked = performance.now();
      const { session } = await acquire(load);
      const answered = performance.now();
      acquires.push(answered - asked);
      if (session?.phase !== 'SESSION_PHASE_ACTIVE') throw new Error(`a session is ${session?.phase}`);
      if (!session.fromReserve) cold += 1;
      if (!load.release) continue;
      await release(session.id);
      releases.push(performance.now() - answered);
    }
  }
  await Promise.all(Array.from({ length: load.callers }, caller));
  const seconds = (performance.now() - begun) / 1_000;
  const calls = acquires.length + releases.length;
  return {
    calls,
    sessions: acquires.length,
    cold,
    seconds,
    rate: calls / seconds,
    all: summarise([...acquires, ...releases]),
    acquire: summarise(acquires),
    release: summarise(releases),
  };
}

const handlers = {
  connect(address: string): void {
    client?.close();
    client = new Service(address, credentials.createInsecure());
  },
  run,
  /** One session, acquired and released, with both answers and how long the first took [ms]. */
  async one(load: Pick<Load, 'class'>) {
    const asked = performance.now();
    const acquired = await acquire(load);
    const tookMs = performance.now() - asked;
    return { acquired, tookMs, released: await release(acquired.session?.id ?? '') };
  },
};

serveParent(handlers, async () => client?.close());
