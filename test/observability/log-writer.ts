// Run by logger.test.ts: writes lines and ends at once, as a crashing broker would.
import { BrokerError } from '../../src/domain/errors.ts';
import { createLogger } from '../../src/observability/logger.ts';

const [what, count = '0'] = process.argv.slice(2);
const log = createLogger({ level: 'info', base: { replicaId: 'r-1' } });

if (what === 'error') {
  const inner = Object.assign(new Error('redis://user:hunter2@host refused'), {
    code: 'ECONNREFUSED',
    headers: { authorization: 'hunter2' },
  });
  log.error(
    { err: new BrokerError('unavailable', 'sent Authorization: Bearer hunter2', {}, { cause: inner }) },
    'loop.failed',
  );
  log.info({ env: { KEY: 'hunter2' }, secret: 'hunter2', token: 'hunter2', sessionId: 's-1' }, 'session.moved');
  log.debug('never.shown');
}
for (let i = 0; i < Number(count); i++) log.info({ attempt: i, detail: 'x'.repeat(200) }, 'line.written');
if (what === 'alive') process.stderr.write('alive\n');
process.exit(what === 'crash' ? 3 : 0);
