import { parseArgs } from 'node:util';
import { runCampaign } from './campaign.ts';
import { type CampaignOptions, LONG, SHORT } from './options.ts';
import { tableOf, troubleOf } from './table.ts';

// npm run campaign -- [--short] [--sessions 500] [--seed 1] [--kills 12] [--store sqlite|redis] [--factor 0.02]
//   [--log FILE]

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    sessions: { type: 'string' },
    seed: { type: 'string' },
    kills: { type: 'string' },
    store: { type: 'string' },
    factor: { type: 'string' },
    log: { type: 'string' },
  },
});

const usual = values.short ? SHORT : LONG;
const options: CampaignOptions = {
  ...usual,
  sessions: Number(values.sessions ?? usual.sessions),
  seed: values.seed ?? usual.seed,
  kills: Number(values.kills ?? usual.kills),
  store: values.store === 'redis' ? 'redis' : 'sqlite',
  factor: Number(values.factor ?? usual.factor),
  logFile: values.log ?? null,
};
const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(name, () => interrupted.abort(new Error(`interrupted by ${name}`)));
try {
  const result = await runCampaign(options, interrupted.signal, console.error);
  console.log(`${tableOf(result)}\n${troubleOf(result)}`);
  process.exitCode = result.violations.length === 0 ? 0 : 1;
} catch (err) {
  console.error(err);
  process.exitCode = 1;
}
// Clients that were interrupted are still trying.
process.exit();
