import { make } from './dom.js';
import { money, perHour, plural, rateNow, span } from './format.js';

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
  const rate = sum([...instances], rateNow);
  const lost = untrackedOf(status);
  const isAiling = failingLoops(status).length > 0 || error !== '';
  pairs(list, [
    ['Active', (status.sessions.active ?? 0).toLocaleString(), `of ${plural(total(status.sessions), 'session')}`],
    waiting === 0
      ? ['Waiting', '0', 'nobody waits']
      : ['Waiting', waiting.toLocaleString(), `in ${plural(status.queues.length, 'class', 'classes')}`, 'wait'],
    ['Reserve', `${ready} / ${target}`, 'ready of target', ready < target ? 'wait' : ''],
    ['Instances', total(status.instances).toLocaleString(), `${status.instances.bound ?? 0} in use`],
    lost > 0
      ? ['Spending', `${money(rate + lost)}/h`, `${perHour(lost)} of it untracked`, 'bad']
      : rate === 0
        ? ['Spending', '–', 'nothing is billed']
        : ['Spending', `${money(rate)}/h`, 'all instances'],
    ...(status.renting.on ? [] : [['Renting', 'off', turnedBy(status.renting, now), 'bad']]),
    ['Broker', isAiling ? 'ailing' : 'well', inShort(status, now), isAiling ? 'bad' : ''],
  ]);
}

/** What runs without a record of it [micros per hour]; 0 also where it is not known. */
const untrackedOf = (status) => sum(status.providers, (p) => p.untrackedMicrosPerHour ?? 0);

/** Who turned the switch, when and why. */
const turnedBy = ({ by, at, why }, now) =>
  [by && `by ${by}`, at && `${span(now - at)} ago`].filter(Boolean).join(' ') + (why ? `: ${why}` : '');

/** What must not be overlooked, in words; empty: nothing. */
export function alarms(status) {
  const lost = untrackedOf(status);
  return [
    lost > 0
      ? `Untracked instances cost ${perHour(lost)}: they carry our tag and have no record; they are being ended.`
      : '',
    status.renting.on
      ? ''
      : 'Renting is off: nothing new is rented. What runs goes on, sessions that need an instance wait.',
  ].filter(Boolean);
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
    ['Renting', status.renting.on ? 'on' : 'off', turnedBy(status.renting, now)],
    ['Installation', status.installationId],
  ]);
}

/** Term, value, what is said below it, tone. Elements stay, only their texts change. */
function pairs(list, wanted) {
  while (list.children.length > wanted.length) list.lastElementChild.remove();
  for (const [i, [name, value, note = '', tone = '']] of wanted.entries()) {
    const box =
      list.children[i] ?? list.appendChild(make('div', {}, make('dt'), make('dd'), make('dd', { className: 'sub' })));
    box.dataset.tone = tone;
    for (const [j, text] of [name, value, note].entries())
      if (box.children[j].textContent !== text) box.children[j].textContent = text;
  }
}
