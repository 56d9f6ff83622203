import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { ImageSchema } from './images.ts';
import { startVastSimulator } from './server.ts';

// `npm run sim:vastai`: the simulator by hand, until it is interrupted.

const HELP = `A simulator of the Vast.ai API. Instances are real processes on this machine.

  --port N            where it listens (8642; 0: any)
  --key KEY           an API key that it accepts; may be given again (sim-key)
  --seed TEXT         of the market and of chance (1)
  --machines N        in the market (160)
  --badness X         share of bad machines: 1 as on the real market, 0 none (1)
  --boot-factor X     of all times until an instance runs: 0 is at once (0.1)
  --limits-factor X   of all rate limits' times: 0 is none (1)
  --searches N        a day (1000)
  --credit DOLLARS    (100)
  --images FILE       JSON list of what images do, see images.ts
`;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8642' },
    key: { type: 'string', multiple: true, default: ['sim-key'] },
    seed: { type: 'string', default: '1' },
    machines: { type: 'string', default: '160' },
    badness: { type: 'string', default: '1' },
    'boot-factor': { type: 'string', default: '0.1' },
    'limits-factor': { type: 'string', default: '1' },
    searches: { type: 'string', default: '1000' },
    credit: { type: 'string', default: '100' },
    images: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  process.stdout.write(HELP);
} else {
  const images =
    values.images === undefined
      ? {}
      : { images: z.array(ImageSchema).parse(JSON.parse(readFileSync(values.images, 'utf8'))) };
  const simulator = await startVastSimulator({
    port: Number(values.port),
    keys: values.key,
    seed: values.seed,
    machines: Number(values.machines),
    badness: Number(values.badness),
    boot_factor: Number(values['boot-factor']),
    limits: { factor: Number(values['limits-factor']), searches_per_day: Number(values.searches) },
    credit: Number(values.credit),
    ...images,
  });
  // The first line is for programs that start it: where it is.
  console.log(simulator.url);
  console.log(`keys: ${values.key.join(', ')}; the page is at ${simulator.url}/`);
  let ending = false;
  const end = (): void => {
    if (!ending) void simulator.close().then(() => process.exit(0));
    ending = true;
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
  // A program that was forked ends with who forked it, however that went.
  process.once('disconnect', end);
}
