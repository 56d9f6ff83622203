import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { configError } from './explain.ts';

/** The installation's id from `dataDir`, made there at the first start. Kept outside the store, so that a lost store
 *  does not make the instances at a provider look like a stranger's.
 *  @param make a new id of 4 to 32 lower-case letters, digits and "-"
 *  @throws ConfigError when the file holds something else */
export async function keptInstallationId(dataDir: string, make: () => string): Promise<string> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, 'installation-id');
  const kept = (await readIfThere(file)) ?? (await create(file, make()));
  if (/^[a-z0-9][a-z0-9-]{3,31}$/.test(kept)) return kept;
  throw configError(`${file}: holds no installation id; restore it, or set BERTH_INSTALLATION_ID`);
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw err;
  }
}

/** Complete or not at all, also when the machine dies; whoever links first has made it. */
async function create(file: string, id: string): Promise<string> {
  const draft = `${file}.${id}`;
  try {
    const handle = await open(draft, 'w', 0o600);
    await handle.writeFile(`${id}\n`);
    await handle.sync();
    await handle.close();
    await link(draft, file);
    return id;
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'EEXIST') throw err;
    return (await readIfThere(file)) ?? id;
  } finally {
    await rm(draft, { force: true });
  }
}
