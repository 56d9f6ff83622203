import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

/** By any of these names; Debian's first. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** The program of a real browser on `path`, or null. */
export function findChromium(path: string = process.env.PATH ?? ''): string | null {
  const places = [...path.split(delimiter), '/usr/bin', '/usr/local/bin'].filter((folder) => folder !== '');
  const found = NAMES.flatMap((name) => places.map((folder) => join(folder, name))).find(isProgram);
  return found ?? null;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A name that leads to this machine, as a proxy's would, or one that somebody made lead here. */
export const OTHER_NAME = 'berth.test';

/** A real one without a window. @throws Error telling how to install it */
export function startBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === null)
    throw new Error('chromium is not installed: these tests drive a real one. Run: apt-get install chromium');
  // Its sandbox does not start as root, and a container's /dev/shm is small.
  const args = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'];
  return chromium.launch({ executablePath, args: [...args, `--host-resolver-rules=MAP ${OTHER_NAME} 127.0.0.1`] });
}
