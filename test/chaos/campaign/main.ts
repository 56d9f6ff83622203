import { parseArgs } from 'node:util';
import { runCampaign } from './campaign.ts';
import { type CampaignOptions, LONG } from './options.ts';
import { tableOf, troubleOf } from './table.ts';

// npm run campaign -- [--sessions 500] [--seed 1] [--kills 12] [--store sqlite|redis] [--log FILE]

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: `${LONG.sessions}` },
    seed: { type: 'string', default: LONG.seed },
    kills: { type: 'string', default: `${LONG.kills}` },
    store: { type: 'string', default: LONG.store },
    log: { type: 'string' },
    factor: { type: 'string', default: `${LONG.factor}` },
  },
});

const options: CampaignOptions = {
  ...LONG,
  sessions: Number(values.sessions),
  seed: values.seed,
  kills: Number(values.kills),
  store: values.store === 'redis' ? 'redis' : 'sqlite',
  factor: Number(values.factor),
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
