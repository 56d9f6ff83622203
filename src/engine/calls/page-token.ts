import { type BrokerError, invalid } from '../../domain/errors.ts';

/** To a page token that no answer of the list had. */
export const strangePageToken = (): BrokerError =>
  invalid([
    { field: 'page_token', description: 'it is not a token of this list; use next_page_token of the answer before' },
  ]);
