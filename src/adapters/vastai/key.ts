import { readFile } from 'node:fs/promises';
import { BrokerError } from '../../domain/errors.ts';

/** One word that can stand in a header. */
export const isKey = (text: string): boolean => /^[\x21-\x7e]{1,512}$/.test(text);

/** How the API key is had: as it is, or from a file that is read each time, so that a new key is used at once.
 *  @throws BrokerError `unavailable`, which never tells the key */
export function keyFrom(o: { readonly key: string | null; readonly keyFile: string | null }): () => Promise<string> {
  const { key, keyFile } = o;
  if (keyFile === null) return async () => key ?? '';
  return async () => {
    const read = await readFile(keyFile, 'utf8').catch((err: unknown) => {
      const code = err instanceof Error && 'code' in err ? String(err.code) : 'see the log';
      throw new BrokerError('unavailable', `the API key of Vast.ai cannot be read from its file (${code})`);
    });
    const found = read.trim();
    if (!isKey(found))
      throw new BrokerError('unavailable', 'the file with the API key of Vast.ai does not hold one line with a key');
    return found;
  };
}
