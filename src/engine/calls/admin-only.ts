import type { Caller } from '../../domain/caller.ts';
import { BrokerError } from '../../domain/errors.ts';

/** @throws BrokerError `denied` */
export function mustBeAdmin(caller: Caller): void {
  if (caller.role !== 'admin')
    throw new BrokerError('denied', 'only a token of role "admin" may do this', { reason: 'PERMISSION_DENIED' });
}
