import { BrokerError } from '../domain/errors.ts';
import type { SessionUseCases } from './use-cases.ts';

const todo = async (): Promise<never> => {
  throw new BrokerError('unimplemented', 'this is not built yet');
};

/** What is declared and not built yet. */
export const TODO_SESSIONS: Pick<SessionUseCases, 'quote'> = { quote: todo };
