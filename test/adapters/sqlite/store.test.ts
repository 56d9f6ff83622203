import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../../../src/adapters/sqlite/store.ts';
import { storeContract } from '../../contract/store.contract.ts';

storeContract('sqlite', 'one', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'berth-store-'));
  let files = 0;
  return {
    open: (options) => openSqliteStore(join(dir, `${++files}.db`), options),
    stop: () => rm(dir, { recursive: true }),
  };
});

storeContract('sqlite in memory', 'one', async () => ({
  open: (options) => openSqliteStore(':memory:', options),
  stop: async () => {},
}));
