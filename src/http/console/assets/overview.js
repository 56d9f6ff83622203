import { make } from './dom.js';
import { money, plural, span } from './format.js';

const sum = (list, of) => list.reduce((all, one) => all + of(one), 0);
const total = (counts) => sum(Object.values(counts), (n) => n);
const failingLoops = (status) => status.loops.filter((l) => l.failures > 0);

const leaderOf = ({ leaderId, replicaId }) =>
  leaderId === '' ? 'none now' : leaderId === replicaId ? 'this replica' : leaderId;

const inShort = (status, now) =>
  [
    status.version,
    status.store,
    status.leaderId === '' ? 'no leader' : status.leaderId === status.replicaId ? '' : 'following',
    `up ${span(now - status.startedAt)}`,
  ]
    .filter(Boolean)
    .join(' · ');

/** The figures at the top of the page. */
export function showTiles(list, { status, error }, instances, now) {
  const waiting = sum(status.queues, (q) => q.waiting);
  const ready = sum(status.reserves, (r) => Math.min(r.ready, r.target));
  const target = sum(status.reserves, (r) => r.target);
  const rate = sum([...instances], (i) => (i.paidFrom === null ? 0 : i.microsPerHour));
  const isAiling = failingLoops(status).length > 0 || error !== '';
  pairs(list, [
    ['Active', (status.sessions.active ?? 0).toLocaleString(), `of ${plural(total(status.sessions), 'session')}`],
    waiting === 0
      ? ['Waiting', '0', 'nobody waits']
      : ['Waiting', waiting.toLocaleString(), `in ${plural(status.queues.length, 'class', 'classes')}`, 'wait'],
    ['Reserve', `${ready} / ${target}`, 'ready of target', ready < target ? 'wait' : ''],
    ['Instances', total(status.instances).toLocaleString(), `${status.instances.bound ?? 0} in use`],
    rate === 0 ? ['Spending', '–', 'nothing is billed'] : ['Spending', `${money(rate)}/h`, 'all instances'],
    ['Broker', isAiling ? 'ailing' : 'well', inShort(status, now), isAiling ? 'bad' : ''],
  ]);
}

/** What the broker tells of itself. */
export function showFacts(list, status, now) {
  const failing = failingLoops(status);
  pairs(list, [
    ['Version', status.version],
    ['Up', span(now - status.startedAt)],
    ['Replica', status.replicaId],
    ['Leader', leaderOf(status)],
    ['Store', status.store],
    ['Loops', failing.length === 0 ? 'all well' : `failing: ${failing.map((l) => l.name).join(', ')}`],
    ['Installation', status.installationId],
  ]);
}

/** Term, value, what is said below it, tone. Elements stay, only their texts change. */
function pairs(list, wanted) {
  for (const [i, [name, value, note = '', tone = '']] of wanted.entries()) {
    const box =
      list.children[i] ?? list.appendChild(make('div', {}, make('dt'), make('dd'), make('dd', { className: 'sub' })));
    box.dataset.tone = tone;
    for (const [j, text] of [name, value, note].entries())
      if (box.children[j].textContent !== text) box.children[j].textContent = text;
  }
}
