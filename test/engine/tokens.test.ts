import { describe, expect, it } from 'vitest';
import { ADMIN, ALICE, engineBed } from '../support/engine-bed.ts';

type Bed = Awaited<ReturnType<typeof engineBed>>;
const create = (bed: Bed, role: 'client' | 'admin', tenant = 'default') =>
  bed.finish(bed.engine.admin.createToken(ADMIN, tenant, role, 'for a test'));
const revoke = (bed: Bed, id: string) => bed.finish(bed.engine.admin.revokeToken(ADMIN, id));

describe('tokens', () => {
  it('begin with an admin’s: from then on every call needs one', async () => {
    const bed = await engineBed();
    expect(bed.engine.auth.tokensExist()).toBe(false);
    await expect(create(bed, 'client')).rejects.toMatchObject({ details: { reason: 'FIRST_TOKEN_MUST_BE_ADMIN' } });
    const admin = await create(bed, 'admin');
    const client = await create(bed, 'client', 'lab');
    expect(bed.engine.auth.tokensExist()).toBe(true);
    expect(bed.engine.auth.callerOf(admin.secret)).toEqual({ tenant: 'default', role: 'admin', name: admin.token.id });
    expect(bed.engine.auth.callerOf(client.secret)).toEqual({ tenant: 'lab', role: 'client', name: client.token.id });
    for (const wrong of ['', 'nonsense', client.token.id, `${client.secret} `])
      expect(bed.engine.auth.callerOf(wrong)).toBeNull();
  });

  it('are kept and listed without their secrets', async () => {
    const bed = await engineBed();
    const made = [await create(bed, 'admin'), await create(bed, 'client', 'lab')];
    const listed = await bed.finish(bed.engine.admin.listTokens(ADMIN));
    expect(listed).toEqual(made.map((m) => m.token));
    const stored = await bed.store.read(made.map((m) => `token/${m.token.id}`));
    const text = JSON.stringify([listed, stored]);
    for (const { secret } of made) expect(text).not.toContain(secret);
  });

  it('are revoked for good, also twice', async () => {
    const bed = await engineBed();
    await create(bed, 'admin');
    const client = await create(bed, 'client');
    await revoke(bed, client.token.id);
    await revoke(bed, client.token.id);
    await revoke(bed, 't-never-was');
    expect(bed.engine.auth.callerOf(client.secret)).toBeNull();
  });

  it('are never left without an admin’s while there are others', async () => {
    const bed = await engineBed();
    const admin = await create(bed, 'admin');
    const client = await create(bed, 'client');
    await expect(revoke(bed, admin.token.id)).rejects.toMatchObject({ details: { reason: 'LAST_ADMIN_TOKEN' } });
    expect(bed.engine.auth.callerOf(admin.secret)?.role).toBe('admin');
    await revoke(bed, client.token.id);
    await revoke(bed, admin.token.id);
    expect(bed.engine.auth.tokensExist()).toBe(false);
  });

  it('may all go but the one in the admin’s file, which no call can revoke', async () => {
    const bed = await engineBed({ adminSecret: 'from-a-file' });
    expect(bed.engine.auth.tokensExist()).toBe(true);
    expect(bed.engine.auth.callerOf('from-a-file')).toMatchObject({ role: 'admin' });
    const client = await create(bed, 'client');
    const admin = await create(bed, 'admin');
    await revoke(bed, admin.token.id);
    expect(bed.engine.auth.callerOf(client.secret)?.role).toBe('client');
  });

  it('are only for admins to make, list and revoke', async () => {
    const bed = await engineBed();
    const { admin } = bed.engine;
    const calls: readonly (() => Promise<unknown>)[] = [
      () => admin.createToken(ALICE, 'default', 'admin', ''),
      () => admin.listTokens(ALICE),
      () => admin.revokeToken(ALICE, 't-1'),
    ];
    for (const call of calls) await expect(bed.finish(call())).rejects.toMatchObject({ code: 'denied' });
  });

  it('are known to every replica, after a restart too, and revoked on all', async () => {
    const bed = await engineBed();
    const second = await bed.replica({ mayLead: false });
    const admin = await create(bed, 'admin');
    await bed.until('the other replica knows it', () => second.engine.auth.callerOf(admin.secret)?.role === 'admin');
    await revoke(bed, admin.token.id);
    await bed.until('the other replica has forgotten it', () => !second.engine.auth.tokensExist());
    const next = await create(bed, 'admin');
    const third = await bed.replica({ mayLead: false });
    expect(third.engine.auth.callerOf(next.secret)?.role).toBe('admin');
  });
});
