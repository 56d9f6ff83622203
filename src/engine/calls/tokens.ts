import { createHash } from 'node:crypto';
import { type Caller, DEFAULT_TENANT, type Role } from '../../domain/caller.ts';
import { BrokerError } from '../../domain/errors.ts';
import type { EngineContext } from '../context.ts';
import { encode, KEY, SET, type TokenRecord } from '../records/records.ts';
import type { Authenticator, TokenView } from '../use-cases.ts';

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');
const viewOf = ({ id, tenant, role, createdAt, note }: TokenRecord): TokenView => ({
  id,
  tenant,
  role,
  createdAt,
  note,
});

/** Bearer tokens: records in the store, kept by hash; every replica has them in its mirror. */
export type Tokens = ReturnType<typeof createTokens>;

/** @param adminSecret of a token that lives in a file instead of the store, so that a new installation has a first one */
export function createTokens(ctx: EngineContext, adminSecret: string | null) {
  const { mirror } = ctx;
  const byHash = new Map<string, Caller>();
  const adminHash = adminSecret === null ? null : hashOf(adminSecret);
  mirror.listen(({ kind, before, after }) => {
    if (kind !== 'token') return;
    if (before !== undefined) byHash.delete(before.hash);
    if (after !== undefined) byHash.set(after.hash, { tenant: after.tenant, role: after.role, name: after.id });
  });

  const authenticator: Authenticator = {
    tokensExist: () => byHash.size > 0 || adminHash !== null,
    callerOf(secret) {
      const hash = hashOf(secret);
      if (hash === adminHash) return { tenant: DEFAULT_TENANT, role: 'admin', name: 'admin-token-file' };
      return byHash.get(hash) ?? null;
    },
  };

  return {
    authenticator,
    list: (): readonly TokenView[] => [...mirror.all('token')].map(viewOf).sort((a, b) => (a.id < b.id ? -1 : 1)),

    async create(tenant: string, role: Role, note: string): Promise<{ token: TokenView; secret: string }> {
      if (role !== 'admin' && !authenticator.tokensExist())
        throw new BrokerError(
          'precondition',
          'the first token must be an admin token: from then on every call needs one',
          {
            reason: 'FIRST_TOKEN_MUST_BE_ADMIN',
          },
        );
      const secret = ctx.ids.secret();
      const record: TokenRecord = {
        id: ctx.ids.token(),
        hash: hashOf(secret),
        tenant,
        role,
        createdAt: ctx.clock.now(),
        note,
      };
      const key = KEY.token(record.id);
      await ctx.store.commit({
        put: [{ key, was: 0, value: encode(record) }],
        index: [{ set: SET.settings, member: key, score: 0 }],
      });
      mirror.apply('token', record.id, 1, record);
      return { token: viewOf(record), secret };
    },

    async revoke(id: string): Promise<void> {
      const key = KEY.token(id);
      const [stored] = await ctx.store.read([key]);
      if (!stored) return;
      const others = [...mirror.all('token')].filter((t) => t.id !== id);
      const keeper = others.find((t) => t.role === 'admin');
      const needsKeeper = adminHash === null && others.length > 0;
      if (needsKeeper && keeper === undefined)
        throw new BrokerError(
          'precondition',
          'it is the last admin token; revoke the others first, or make another admin token',
          {
            reason: 'LAST_ADMIN_TOKEN',
          },
        );
      const result = await ctx.store.commit({
        drop: [{ key, was: stored.revision }],
        index: [{ set: SET.settings, member: key, score: null }],
        // Two that revoke each other at the same moment would otherwise leave nobody.
        expect: needsKeeper && keeper !== undefined ? [{ key: KEY.token(keeper.id), revision: 1 }] : [],
      });
      if (!result.committed)
        throw new BrokerError('unavailable', 'the token was changed meanwhile', {
          reason: 'CONTENTION',
          retryAfterMs: 100,
        });
      mirror.apply('token', id, 0, undefined);
    },
  };
}
