#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import process from 'node:process';

// A command that takes 0.1 s is mostly loading: keep what V8 made of it. Node's own folder; NODE_COMPILE_CACHE moves it,
// NODE_DISABLE_COMPILE_CACHE=1 turns it off.
enableCompileCache();

// Each side is loaded only when it is wanted: a client call needs no broker, and the other way around.
const [command, ...rest] = process.argv.slice(2);
if (command === 'serve') {
  const { runServe } = await import('./serve-command.ts');
  await runServe(rest);
} else if (command === 'demo') {
  const { demo } = await import('./demo.ts');
  await demo();
} else {
  const { run } = await import('./run.ts');
  process.exitCode = await run(process.argv.slice(2));
}
