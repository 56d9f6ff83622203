import type { InstanceId, SessionId } from './ids.ts';
import type { Resources } from './resources.ts';

/** Words that may stand in a command as `{{word}}`; `{{port.NAME}}` is filled in by the provider. */
export const COMMAND_WORDS = [
  'cpu_limit',
  'cpu_request',
  'memory_limit',
  'memory_request',
  'gpu_count',
  'disk',
  'session_id',
  'instance_id',
] as const;
type Word = (typeof COMMAND_WORDS)[number];

const TEMPLATE = /\{\{\s*([a-z_][a-z0-9_.-]*)\s*\}\}/gi;

/** The instance's own secret; in values of the environment and in `proxy_settings.authorization`, never in a command,
 *  which every user of a machine can read. */
const TOKEN = /\{\{\s*instance_token\s*\}\}/g;

/** @param token called only where it is asked for */
export const fillToken = (text: string, token: () => string): string => text.replace(TOKEN, token);

export const fillEnv = (env: Readonly<Record<string, string>>, token: () => string): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(env).map(([name, value]) => [name, fillToken(value, token)]));

/** The first `{{word}}` in the arguments that nothing can be filled in for; null when all are known. */
export function unknownWord(command: readonly string[], ports: readonly string[]): string | null {
  for (const argument of command)
    for (const [, word = ''] of argument.matchAll(TEMPLATE))
      if (!isWord(word) && !(word.startsWith('port.') && ports.includes(word.slice(5)))) return word;
  return null;
}

const isWord = (word: string): word is Word => (COMMAND_WORDS as readonly string[]).includes(word);

/** The command with what was granted filled in. Bytes for memory and disk, cores for CPU. */
export function fillCommand(
  command: readonly string[],
  granted: Resources,
  instance: InstanceId,
  session: SessionId | null,
): readonly string[] {
  const values: Record<Word, string> = {
    cpu_limit: String(granted.cpu.limit),
    cpu_request: String(granted.cpu.request),
    memory_limit: String(granted.memory.limit),
    memory_request: String(granted.memory.request),
    gpu_count: String(granted.gpuCount),
    disk: String(granted.disk),
    session_id: session ?? '',
    instance_id: instance,
  };
  return command.map((argument) =>
    argument.replace(TEMPLATE, (whole, word: string) => (isWord(word) ? values[word] : whole)),
  );
}
