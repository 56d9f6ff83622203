import { ClassSchema, COMMAND_WORDS, FILE_WORDS } from './class-schema.ts';
import { acceptedBy, type Described, describeInput } from './explain.ts';
import { QuotaSchema } from './quota-schema.ts';
import { ConfigSchema } from './schema.ts';

/** deploy/config.md, wholly made from the schemas. */
export function configPage(): string {
  return `# Configuration

Made by \`npm run docs:config\` from the schemas in \`src/config\`; a check fails when it differs.

## Options of the broker

Environment variables. An empty one counts as not set; an unknown one that begins with \`BERTH_\` is refused.
Relative paths count from the folder in which the broker was started.

${table('variable', optionRows(describeInput(ConfigSchema), []))}

## Options of a session class

A YAML file: \`classes:\` holds the classes by name, \`defaults:\` what they have in common (maps are merged, lists are
replaced). It is read again when it changes or when the broker gets SIGHUP; a broken file changes nothing and is
reported with line, column and path. \`deploy/classes/example.yaml\` shows every option in use.

${table('option', optionRows(describeInput(ClassSchema), []))}

### Words in a command

\`{{word}}\` in an argument is filled in before the program starts.

${wordTable()}

## Options of a quota

\`quotas:\` in the class file limits what a tenant may have at the same time, and how fast. \`default:\` holds for each
tenant for itself, \`tenants:\` names those with other limits, option by option; \`none\` lifts one. A session counts from
its acquire until its end is decided. A quota that is lowered below what is in use ends nothing: it refuses new sessions.
A session counts the GPUs of its class, or more where it asks for more.

${table('option', optionRows(describeInput(QuotaSchema), []))}
`;
}

type Row = readonly [name: string, fallback: string, accepted: string, doc: string];

const table = (first: string, rows: readonly Row[]): string =>
  [[first, 'default', 'accepted', 'meaning'], ['---', '---', '---', '---'], ...rows].map(line).join('\n');

const line = (cells: readonly string[]): string => `| ${cells.map((c) => c.replaceAll('|', '\\|')).join(' | ')} |`;

/** Options in the order of the schema; a map's own options after it, by dotted path. */
function optionRows(node: Described, path: readonly string[]): Row[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, option]) => {
    const here = [...path, name];
    const item = option.items?.properties === undefined ? [] : optionRows(option.items, [...path, `${name}[]`]);
    if (option.properties !== undefined) return optionRows(option, here);
    const written = option.anyOf?.flatMap((way) => optionRows(way, here)) ?? [];
    return [
      [`\`${here.join('.')}\``, fallbackOf(option, node, name), acceptedBy(option), option.description ?? ''],
      ...item,
      ...written,
    ] as Row[];
  });
}

function fallbackOf(option: Described, parent: Described, name: string): string {
  if (option.default !== undefined) return option.default === '' ? 'empty' : `\`${text(option.default)}\``;
  return parent.required?.includes(name) ? 'required' : '';
}

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function wordTable(): string {
  const words = {
    ...COMMAND_WORDS,
    'port.NAME': 'the port that the instance must listen on for its port NAME',
    ...FILE_WORDS,
  };
  const rows = Object.entries(words).map(([word, meaning]) => line([`\`{{${word}}}\``, meaning]));
  return [line(['word', 'meaning']), line(['---', '---']), ...rows].join('\n');
}
