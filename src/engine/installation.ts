import { BrokerError } from '../domain/errors.ts';
import type { Store } from '../ports/store.ts';
import { decode, encode, type InstallationRecord, KEY } from './records.ts';

/**
 * Makes the store this installation's, or finds out that it is another's. Providers show an installation only what
 * carries its own id: a broker of another one would take every instance in the store for lost, end the sessions, and
 * leave what runs to nobody.
 * @throws BrokerError `precondition` (OTHER_INSTALLATION), in words for who starts the broker
 */
export async function claimStore(store: Store, id: string): Promise<void> {
  const [stored] = await store.read([KEY.installation]);
  if (!stored) {
    const record: InstallationRecord = { id };
    const result = await store.commit({ put: [{ key: KEY.installation, was: 0, value: encode(record) }] });
    // Refused: another broker was faster, and has said whose it is.
    return result.committed ? undefined : claimStore(store, id);
  }
  const { id: owner } = decode<InstallationRecord>(stored);
  if (owner === id) return;
  throw new BrokerError(
    'precondition',
    `the store belongs to installation "${owner}", and this broker is of "${id}": it could not find what that one runs. ` +
      `Restore installation-id in BERTH_DATA_DIR or set BERTH_INSTALLATION_ID=${owner}; ` +
      'or give this broker a store of its own (BERTH_STORE, BERTH_REDIS_PREFIX)',
    { reason: 'OTHER_INSTALLATION', metadata: { owner } },
  );
}
