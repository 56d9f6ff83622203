import type { Metadata } from '@grpc/grpc-js';
import { bearerIn, type Caller, LOCAL_ADMIN, MAX_SECRET } from '../domain/caller.ts';
import { BrokerError } from '../domain/errors.ts';
import type { Authenticator } from '../engine/use-cases.ts';

/** What is asked of a call to know who calls. */
export type AuthCall = { readonly metadata: Metadata; getPeer(): string };

export type AuthOptions = {
  readonly auth: Authenticator;
  /** Whether the connection is encrypted: TLS, or a Unix socket that nobody else can read. */
  readonly encrypted: boolean;
  /** Whether every peer is on this machine, whatever `getPeer` says: a Unix socket. */
  readonly unixSocket: boolean;
  /** Accept tokens over plaintext from other machines. */
  readonly insecure: boolean;
};

/** `getPeer` says address:port; a socket on both IP versions shows IPv4 peers as ::ffff:127.0.0.1. */
const LOOPBACK = /^(?:::ffff:)?127\.\d+\.\d+\.\d+(?::\d+)?$|^::1(?::\d+)?$/;

export const isLoopback = (peer: string): boolean => LOOPBACK.test(peer);

/** Who calls.
 *  @throws BrokerError `unauthenticated` with a reason; never with any part of a token */
export function createAuth(o: AuthOptions): (call: AuthCall) => Caller {
  const isLocal = (call: AuthCall): boolean => o.unixSocket || isLoopback(call.getPeer());
  return (call) => {
    if (!o.auth.tokensExist()) {
      if (isLocal(call)) return LOCAL_ADMIN;
      throw refuse(
        'NO_TOKENS',
        'this broker has no tokens yet and serves only its own machine; make the first one there: ' +
          'berth token create --role admin',
      );
    }
    const secret = bearerIn(call.metadata.get('authorization')[0]);
    if (secret === null)
      throw refuse('TOKEN_MISSING', 'this broker wants a token: send the metadata "authorization: Bearer SECRET"');
    if (!o.encrypted && !o.insecure && !isLocal(call))
      throw refuse(
        'TOKEN_OVER_PLAINTEXT',
        'tokens are not accepted over an unencrypted connection from another machine; give the broker a certificate, ' +
          'or start it with --insecure',
      );
    const caller = secret.length <= MAX_SECRET ? o.auth.callerOf(secret) : null;
    if (caller === null) throw refuse('TOKEN_INVALID', 'the token is unknown or was revoked');
    return caller;
  };
}

const refuse = (reason: string, message: string): BrokerError =>
  new BrokerError('unauthenticated', message, { reason });
