import { readFile } from 'node:fs/promises';
import type { NginxFound } from '../adapters/nginx/find.ts';
import { parseClassFile } from '../config/classes.ts';
import { type Config, NO_KEY } from '../config/load.ts';
import type { ProxySettings } from '../domain/proxy.ts';
import { REGIONS } from '../domain/regions.ts';
import { type Finding, fail, messageOf, ok, warn } from './finding.ts';

/** What this broker is built with. */
const KNOWN = { providers: ['process', 'vastai'], proxies: ['direct', 'nginx-local'], regions: REGIONS };

export type ClassesSeen = {
  readonly findings: readonly Finding[];
  /** Of the first class with an nginx; null where there is none. */
  readonly settings: ProxySettings | null;
};

/** Whether the class file can be read, in full, by the very code that the broker reads it with. */
export async function checkClasses({ classesFile: file, vastai }: Config, found: NginxFound): Promise<ClassesSeen> {
  const unusable = {
    ...('why' in found ? { 'nginx-local': found.why } : {}),
    ...(vastai === null ? { vastai: NO_KEY } : {}),
  };
  try {
    const { classes } = parseClassFile(await readFile(file, 'utf8'), { ...KNOWN, unusable, file });
    const names = classes.map((c) => c.name).join(', ');
    const findings = [ok('classes', `${classes.length} in ${file}: ${names}`)];
    return {
      findings: [...findings, ...greedy(classes)],
      settings: classes.map((c) => c.proxySettings).find((s) => s !== null) ?? null,
    };
  } catch (err) {
    const todo = 'correct the file, or name another one with BERTH_CLASSES';
    return {
      findings: messageOf(err)
        .split('\n')
        .map((line) => fail('classes', line, todo)),
      settings: null,
    };
  }
}

/** Reserve members have a port each as long as they wait. */
const MANY = 1_000;

function greedy(
  classes: readonly { readonly name: string; readonly reserve: { readonly target: number } }[],
): Finding[] {
  return classes
    .filter((c) => c.reserve.target > MANY)
    .map((c) =>
      warn(
        'classes',
        `${c.name} keeps ${c.reserve.target} instances ready`,
        'lower reserve.target, if that was not meant',
      ),
    );
}
