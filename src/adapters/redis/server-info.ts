import { BrokerError } from '../../domain/errors.ts';

const OLDEST = 7;

/** What an admin should know about this Redis. @param info the answer to INFO
 *  @throws BrokerError `unavailable` when it is too old */
export function inspectServer(info: string): readonly string[] {
  const field = (name: string): string => new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1]?.trim() ?? '';
  const version = field('redis_version');
  if (Number.parseInt(version, 10) < OLDEST)
    throw new BrokerError('unavailable', `Redis is of version ${version}; berth needs ${OLDEST} or later`, {
      reason: 'STORE_VERSION',
    });
  const policy = field('maxmemory_policy');
  const notes: string[] = [];
  if (field('aof_enabled') !== '1')
    notes.push('appendonly is off: what this Redis has not snapshotted is lost when it ends; set "appendonly yes"');
  if (policy !== '' && policy !== 'noeviction')
    notes.push(`maxmemory-policy is ${policy}: this Redis may drop sessions when it is full; set it to "noeviction"`);
  return notes;
}
