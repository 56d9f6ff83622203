import { z } from 'zod';
import { didYouMean } from './nearest.ts';

/** The part of a JSON schema that is read here. */
export type Described = {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly accepts?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly properties?: Readonly<Record<string, Described>>;
  readonly additionalProperties?: Described | boolean;
  readonly items?: Described;
  /** What may stand there in its place. */
  readonly anyOf?: readonly Described[];
  readonly required?: readonly string[];
};

/** What a schema takes, with the descriptions and defaults of its options. */
export const describeInput = (schema: z.ZodType): Described => z.toJSONSchema(schema, { io: 'input' }) as Described;

export type Problem = {
  readonly path: readonly PropertyKey[];
  /** What is wrong and what is accepted, without the path. */
  readonly text: string;
  /** Whether the name at the end of `path` is what is wrong, not its value. */
  readonly atKey?: boolean;
};

/** The description of the option at `path`; undefined where the schema says nothing. */
export function describedAt(root: Described, path: readonly PropertyKey[]): Described | undefined {
  let here: Described | undefined = root;
  for (const step of path) {
    if (here === undefined) return undefined;
    const alternatives: readonly Described[] = [here, ...(here.anyOf ?? [])];
    here = alternatives.map((one) => below(one, step)).find((child) => child !== undefined);
  }
  return here;
}

function below({ items, properties, additionalProperties: rest }: Described, step: PropertyKey): Described | undefined {
  const child = typeof step === 'number' ? items : properties?.[String(step)];
  return child ?? (typeof rest === 'object' ? rest : undefined);
}

/** What an option accepts, in words. */
export function acceptedBy(d: Described | undefined): string {
  if (d === undefined) return 'something else';
  if (d.accepts !== undefined) return d.accepts;
  if (d.enum !== undefined) return d.enum.map(String).join(', ');
  switch (d.type) {
    case 'integer':
      return `a whole number ${range(d)}`;
    case 'number':
      return `a number ${range(d)}`;
    case 'boolean':
      return 'true or false';
    case 'array':
      return `a list; each entry: ${acceptedBy(d.items)}`;
    case 'object':
      return d.properties === undefined ? 'a map of names to values' : `a map of ${list(Object.keys(d.properties))}`;
    default:
      return d.maxLength === undefined ? 'text' : `text of ${d.minLength ?? 0} to ${d.maxLength} characters`;
  }
}

const range = ({ minimum, exclusiveMinimum, maximum }: Described): string =>
  minimum === undefined ? `above ${exclusiveMinimum}, up to ${maximum}` : `from ${minimum} to ${maximum}`;

const list = (names: readonly string[]): string => names.join(', ');

/** Values in messages are shortened, since a message goes to a log line, and lose what may be a password in a URL:
 *  everything up to the last "@", as a password may hold one itself, and what follows "password=". */
export function show(value: unknown): string {
  const text = (JSON.stringify(value) ?? String(value))
    .replace(/\/\/.*@/g, '//***@')
    .replace(/(password=)[^&"]*/gi, '$1***');
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** zod's issues in berth's words. @param input what was parsed, to show the refused values */
export function explain(issues: readonly z.core.$ZodIssue[], input: unknown, described: Described): Problem[] {
  return issues.flatMap((issue): Problem[] => {
    const known = describedAt(described, issue.path);
    if (issue.code === 'unrecognized_keys') {
      const names = Object.keys(known?.properties ?? {});
      return issue.keys.map((key) => ({
        path: [...issue.path, key],
        text: `unknown option${didYouMean(key, names) || `; accepted: ${list(names)}`}`,
        atKey: true,
      }));
    }
    if (issue.code === 'invalid_key')
      return [{ path: issue.path, text: `the name is not accepted${because(issue.issues)}`, atKey: true }];
    const value = valueAt(input, issue.path);
    const accepted = acceptedBy(known);
    if (value === undefined) return [{ path: issue.path, text: `is required; accepted: ${accepted}` }];
    return [{ path: issue.path, text: `${show(value)} is not accepted; accepted: ${accepted}` }];
  });
}

const because = (issues: readonly { readonly message: string }[]): string =>
  issues[0] === undefined ? '' : `; accepted: ${issues[0].message}`;

export function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let here = root;
  for (const step of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined;
    here = (here as Record<PropertyKey, unknown>)[step];
  }
  return here;
}

/** `classes.echo.ports[0].name` */
export const pathText = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, step) =>
      typeof step === 'number' ? `${text}[${step}]` : text === '' ? String(step) : `${text}.${String(step)}`,
    '',
  );

/** An error for the person who wrote the configuration: its message is complete, its stack is of no use to them. */
export function configError(message: string): Error {
  const error = new Error(message);
  error.name = 'ConfigError';
  return error;
}
