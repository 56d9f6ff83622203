import { createHmac } from 'node:crypto';
import type { InstanceId, ProxyId } from '../../domain/ids.ts';
import type { Ids } from '../../ports/ids.ts';
import type { Store } from '../../ports/store.ts';
import { type AccessKeyRecord, decode, encode, KEY } from './records.ts';

/**
 * The access tokens of sessions and instances: made from the id of the proxy or instance with a key that every replica
 * reads from the store, so that a claim needs no further read and no token lies in any record. A proxy serves one
 * session, once, and an instance at most one.
 */
export type Access = ReturnType<typeof createAccess>;

export function createAccess(store: Store, ids: Ids) {
  let key: string | null = null;

  /** Reads the key, or makes it. */
  async function open(): Promise<void> {
    const [stored] = await store.read([KEY.accessKey]);
    if (stored) {
      key = decode<AccessKeyRecord>(stored).key;
      return;
    }
    const made: AccessKeyRecord = { key: ids.secret() };
    const result = await store.commit({ put: [{ key: KEY.accessKey, was: 0, value: encode(made) }] });
    if (!result.committed) return open();
    key = made.key;
  }

  /** Into a store that was emptied: proxies ask for what was made with it. Where there is another it is that one's. */
  async function putBack(): Promise<void> {
    if (key === null) return;
    const record: AccessKeyRecord = { key };
    const result = await store.commit({ put: [{ key: KEY.accessKey, was: 0, value: encode(record) }] });
    if (!result.committed) await open();
  }

  function derived(from: string): string {
    if (key === null) throw new Error('the access key was not read yet');
    return createHmac('sha256', key).update(from).digest('hex');
  }

  return {
    open,
    putBack,
    /** 64 hex digits: nginx compares without regard to case. */
    tokenOf: (proxy: ProxyId): string => derived(`access/${proxy}`),
    /** What an instance that can be reached past its proxy may ask for: its proxy sends it along. */
    instanceTokenOf: (instance: InstanceId): string => derived(`instance/${instance}`),
  };
}
