import { BrokerError } from '../../domain/errors.ts';
import type { Expect, Refusal, Store, Stored } from '../../ports/store.ts';
import { decode, encode, type InstallationRecord, KEY } from './records.ts';

/** The store as this replica knows it: whose it is, and since when it has not been emptied. Its revision is one by
 *  chance, so that a commit that expects it is refused by a store that somebody else claimed since. */
export type Claim = InstallationRecord & { readonly revision: number };

/**
 * Makes the store this installation's, or finds out that it is another's. Providers show an installation only what
 * carries its own id: a broker of another one would take every instance in the store for lost, end the sessions, and
 * leave what runs to nobody.
 * @param made what to claim a store with that nobody has claimed
 * @param ground of what was put back before: with it gone, so is that
 * @throws BrokerError `precondition` (OTHER_INSTALLATION), in words for who starts the broker
 */
export async function claimStore(store: Store, made: Claim, ground?: Expect): Promise<Claim> {
  const [stored] = await store.read([KEY.installation]);
  if (stored) return ours(stored, made.id);
  const { revision } = made;
  const put = [{ key: KEY.installation, was: 0, value: encode(made), revision }];
  const result = await store.commit({ put, ...(ground === undefined ? {} : { expect: [ground] }) });
  if (result.committed) return made;
  mustStand(result.why);
  // Refused: another broker was faster, and has said whose it is.
  return claimStore(store, made, ground);
}

/**
 * What every commit expects that puts back: a record that is gone when the store is emptied once more meanwhile. All
 * who put back at the same time share it.
 * @param revision by chance
 */
export async function groundOf(store: Store, revision: number): Promise<Expect> {
  const { ground: key } = KEY;
  const [stored] = await store.read([key]);
  if (stored) return { key, revision: stored.revision };
  const result = await store.commit({ put: [{ key, was: 0, value: encode({}), revision }] });
  return result.committed ? { key, revision } : groundOf(store, revision);
}

/** @throws BrokerError `unavailable` where a commit was refused since the store was emptied once more: all is to be put
 *  back again */
export function mustStand(why: Refusal): void {
  if (why.kind === 'revision' && why.key === KEY.ground) throw emptied();
}

export const emptied = (): BrokerError =>
  new BrokerError('unavailable', 'the store was emptied under the running broker; what it had is put back', {
    reason: 'STORE_EMPTIED',
    retryAfterMs: 1_000,
  });

/** @throws BrokerError as `claimStore` does */
export function ours(stored: Stored, id: string): Claim {
  const claim: Claim = decode<InstallationRecord>(stored);
  if (claim.id === id) return claim;
  throw new BrokerError(
    'precondition',
    `the store belongs to installation "${claim.id}", and this broker is of "${id}": it could not find what that one ` +
      `runs. Restore installation-id in BERTH_DATA_DIR or set BERTH_INSTALLATION_ID=${claim.id}; ` +
      'or give this broker a store of its own (BERTH_STORE, BERTH_REDIS_PREFIX)',
    { reason: 'OTHER_INSTALLATION', metadata: { owner: claim.id } },
  );
}

/** Whether it still is the store that was claimed, and not one that was emptied since. */
export const isSame = (stored: Stored | null | undefined, claim: Claim): boolean => {
  if (!stored) return false;
  const now: InstallationRecord = decode<InstallationRecord>(stored);
  return now.id === claim.id && now.life === claim.life;
};

/** What a commit expects that makes no sense in a store that was emptied. */
export const anchorOf = (claim: Claim): Expect => ({ key: KEY.installation, revision: claim.revision });
