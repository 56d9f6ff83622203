import type { InstanceId, ProxyId, SessionId, TokenId } from '../domain/ids.ts';

/** Ids and chance. */
export interface Ids {
  session(): SessionId;
  instance(): InstanceId;
  proxy(): ProxyId;
  token(): TokenId;
  /** 256 bits nobody can guess, as text of A-Z a-z 0-9 _ - . */
  secret(): string;
  /** Evenly from 0 up to, not including, `below`. */
  pick(below: number): number;
}
