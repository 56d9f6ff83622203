#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

// What V8 made of the code is kept: a short command is mostly loading, and a broker that was killed is back in half the
// time. In the user's own folder: Node's default is one in /tmp, where others could plant code.
// NODE_DISABLE_COMPILE_CACHE=1 turns it off.
enableCompileCache(join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'berth', 'compiled'));

// Each side is loaded only when it is wanted: a client call needs no broker, and the other way around.
const [command, ...rest] = process.argv.slice(2);
if (command === 'serve') {
  const { runServe } = await import('./serve-command.ts');
  await runServe(rest);
} else {
  const { run } = await import('./run.ts');
  process.exitCode = await run(process.argv.slice(2));
}
