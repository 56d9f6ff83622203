import { showSession } from './details.js';
import {
  askBan,
  askRenting,
  askReserve,
  askTerminate,
  askToken,
  askUnban,
  onToken,
  setPermission,
  tokenPressed,
} from './dialogs.js';
import { byId, field, make, say } from './dom.js';
import { plural } from './format.js';
import { drawCosts, drawMachines, forgetMarket, hostOf, lookAtMarket, onMarket } from './market.js';
import { providerColumns } from './market-views.js';
import { alarms, showFacts, showTiles } from './overview.js';
import { follow, hasToken, setToken } from './stream.js';
import { createPager, createTable } from './table.js';
import { classColumns, eventColumns, instanceColumns, loopColumns, sessionColumns } from './views.js';

/** On a phone each row is a card. */
const PAGE = matchMedia('(max-width: 46rem)').matches ? 10 : 25;
const MAX_EVENTS = 1_000;

const sessions = new Map();
const instances = new Map();
let events = [];
let head = null;
/** The broker's clock less this machine's [ms]. */
let skew = 0;
const now = () => Date.now() + skew;

const tables = {
  classes: createTable(byId('classes-table'), classColumns, {
    empty: 'No classes are known yet.',
    rowKey: (r) => r.class,
  }),
  sessions: createTable(byId('sessions-table'), sessionColumns, { empty: 'No sessions.' }),
  instances: createTable(byId('instances-table'), instanceColumns, { empty: 'No instances.' }),
  events: createTable(byId('events-table'), eventColumns, { empty: 'No events.' }),
  loops: createTable(byId('loops-table'), loopColumns, { empty: 'None.', rowKey: (r) => r.name }),
  providers: createTable(byId('providers-table'), providerColumns, { empty: 'None.', rowKey: (r) => r.name }),
};

const draw = {};
const pagers = {};
const PAGED = ['sessions', 'instances', 'machines', 'events'];
for (const name of PAGED) pagers[name] = createPager(byId(`${name}-pager`), PAGE, name, () => draw[name]());

/** Words that all must be somewhere in the text. */
const finder = (id) => {
  const words = field(id).value.toLowerCase().split(/\s+/).filter(Boolean);
  return (...texts) => {
    if (words.length === 0) return true;
    const text = texts.join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  };
};

const later = Number.POSITIVE_INFINITY;
const ORDERS = {
  new: (a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1),
  old: (a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1),
  end: (a, b) => (a.end?.at ?? later) - (b.end?.at ?? later) || ORDERS.new(a, b),
  idle: (a, b) => (a.lastUsedAt ?? later) - (b.lastUsedAt ?? later) || ORDERS.new(a, b),
  cost: (a, b) => b.cost.micros - a.cost.micros || ORDERS.new(a, b),
  queue: (a, b) => (a.position || later) - (b.position || later) || ORDERS.old(a, b),
};

draw.sessions = () => {
  const found = finder('sessions-find');
  const phase = field('sessions-phase').value;
  const ofClass = field('sessions-class').value;
  const rows = [...sessions.values()]
    .filter((r) => (!phase || r.phase === phase) && (!ofClass || r.class === ofClass))
    .filter((r) => found(r.name, r.id, r.owner, r.tenant, r.class, r.machine ?? '', r.instance ?? ''))
    .sort(ORDERS[field('sessions-sort').value]);
  const leftOut = head?.leftOut ? `${plural(head.leftOut, 'more session')} not shown; use the command berth ls` : '';
  const filtered = rows.length < sessions.size ? `${sessions.size.toLocaleString()} in all` : '';
  tables.sessions.show(pagers.sessions.cut(rows, [filtered, leftOut].filter(Boolean).join(' · ')), now());
};

draw.instances = () => {
  const found = finder('instances-find');
  const phase = field('instances-phase').value;
  const rows = [...instances.values()]
    .filter((r) => !phase || r.phase === phase)
    .map((r) => ({ ...r, sessionName: r.session ? sessions.get(r.session)?.name : undefined }))
    .filter((r) => found(r.id, r.class, r.provider, r.machine, r.ref, r.session ?? '', r.sessionName ?? ''))
    .sort(ORDERS.new);
  tables.instances.show(
    pagers.instances.cut(rows, rows.length < instances.size ? `${instances.size.toLocaleString()} in all` : ''),
    now(),
  );
};

let paused = null;
draw.events = () => {
  const found = finder('events-find');
  const kind = field('events-kind').value;
  const rows = (paused ?? events)
    .filter((e) => !kind || e.kind === kind)
    .filter((e) =>
      found(e.subject, e.class, e.tenant, e.actor, e.reason, e.detail, e.after ?? '', e.session ?? '', e.name ?? ''),
    );
  const missed = paused === null ? '' : `paused; ${plural(newSince(paused), 'newer event')}`;
  tables.events.show(pagers.events.cut(rows, missed), now());
};
const newSince = (kept) =>
  kept.length === 0
    ? events.length
    : Math.max(
        0,
        events.findIndex((e) => e.id === kept[0].id),
      );

draw.machines = () => drawMachines(pagers.machines, finder('machines-find'), now());
draw.costs = () => drawCosts(now());

draw.classes = () => {
  const status = head?.status;
  const queues = new Map((status?.queues ?? []).map((q) => [q.class, q]));
  tables.classes.show(
    (status?.reserves ?? []).map((r) => ({ ...r, queue: queues.get(r.class) })),
    now(),
  );
};

draw.broker = () => {
  const status = head?.status;
  tables.loops.show(status?.loops ?? [], now());
  tables.providers.show(status?.providers ?? [], now());
  if (!status) return;
  showFacts(byId('facts'), status, now());
  const button = byId('renting');
  button.hidden = false;
  button.textContent = status.renting.on ? 'Stop renting…' : 'Allow renting…';
};

draw.tiles = () => {
  if (head?.status) showTiles(byId('tiles'), head, instances.values(), now());
};

function drawAll() {
  for (const part of Object.values(draw)) part();
  const trouble = head?.error ? [`The broker cannot tell its state: ${head.error}`] : [];
  notice([...trouble, ...(head?.status ? alarms(head.status) : [])].join(' '));
}

function notice(text) {
  const box = byId('notice');
  if (box.textContent !== text) box.textContent = text;
  box.hidden = text === '';
}

function connection(tone, text) {
  const pill = byId('link');
  if (pill.textContent !== text) pill.textContent = text;
  pill.dataset.tone = tone;
  document.body.classList.toggle('stale', tone !== 'good');
}

function classOptions() {
  const select = field('sessions-class');
  const names = (head?.status?.reserves ?? []).map((r) => r.class);
  if (
    names.join() ===
    [...select.options]
      .slice(1)
      .map((option) => option.value)
      .join()
  )
    return;
  const chosen = select.value;
  select.replaceChildren(select.options[0], ...names.map((name) => make('option', { value: name }, name)));
  select.value = names.includes(chosen) ? chosen : '';
}

const again = follow({
  connecting: () => connection('wait', 'connecting'),
  hello(hello) {
    setPermission(hello);
    lookAtMarket(true);
    events = [];
  },
  state(frame) {
    skew = frame.now - Date.now();
    if (frame.full) {
      sessions.clear();
      instances.clear();
    }
    for (const row of frame.sessions) sessions.set(row.id, row);
    for (const row of frame.instances) instances.set(row.id, row);
    for (const id of frame.gone) if (!sessions.delete(id)) instances.delete(id);
    if (frame.head !== null) head = frame.head;
    connection('good', 'live');
    classOptions();
    drawAll();
  },
  events({ events: lines }) {
    for (const e of lines) if (e.kind === 'session') e.name = sessions.get(e.subject)?.name;
    if (events.length > 0 && lines.some((e) => e.kind === 'host')) lookAtMarket(true);
    events = [...lines.reverse(), ...events].slice(0, MAX_EVENTS);
    draw.events();
  },
  bye: () => connection('wait', 'the broker is stopping'),
  waiting: (ms, why) =>
    connection(
      'wait',
      `disconnected, trying again in ${Math.max(1, Math.round(ms / 1_000))} s${why ? `: ${why}` : ''}`,
    ),
  refused(err) {
    connection('bad', 'refused');
    for (const kept of [sessions, instances]) kept.clear();
    forgetMarket();
    events = [];
    head = null;
    drawAll();
    notice(err.message);
    if (hasToken() && (err.reason === 'TOKEN_INVALID' || err.reason === 'NOT_ADMIN')) {
      setToken(null);
      // On the broker's own machine looking is allowed without.
      setTimeout(again, 0);
    }
    if (['TOKEN_MISSING', 'TOKEN_INVALID', 'NOT_ADMIN', 'TOO_MANY_WRONG_TOKENS'].includes(err.reason)) {
      setPermission({ mayAct: false, tokens: true });
      askToken(err.message);
    }
  },
});
onToken(again);

for (const name of PAGED)
  for (const element of document.querySelectorAll(`#${name} .tools input, #${name} .tools select`))
    element.addEventListener('input', () => {
      pagers[name].first();
      draw[name]();
    });

byId('events-pause').addEventListener('click', () => {
  paused = paused === null ? events : null;
  const button = byId('events-pause');
  button.setAttribute('aria-pressed', String(paused !== null));
  button.textContent = paused === null ? 'Pause' : 'Go on';
  draw.events();
});
byId('token').addEventListener('click', tokenPressed);

document.addEventListener('click', ({ target }) => {
  const pressed = target instanceof Element ? target.closest('[data-action]') : null;
  if (pressed === null) return;
  const action = pressed.getAttribute('data-action');
  const id = pressed.getAttribute('data-id');
  const reserve = (head?.status?.reserves ?? []).find((r) => r.class === id);
  const row = sessions.get(id);
  if (action === 'reserve' && reserve) askReserve(reserve);
  else if (action === 'terminate' && row) askTerminate(row);
  else if (action === 'session' && row) showSession(row, now());
  else if (action === 'renting' && head?.status) askRenting(head.status.renting);
  else if (action === 'ban' || action === 'unban') askHost(action, id);
  else say('It has ended; its events still tell of it.', 'wait');
});

function askHost(action, key) {
  const host = hostOf(key);
  const look = () => lookAtMarket(true);
  if (host) (action === 'ban' ? askBan : askUnban)(host, look);
}

onMarket(() => {
  draw.machines();
  draw.costs();
});

const isHere = /^(localhost|127\.|\[::1\])/.test(location.hostname);
byId('plain').hidden = location.protocol !== 'http:' || isHere;

// Ages and costs go on without news.
setInterval(() => {
  if (head === null || document.hidden) return;
  drawAll();
  lookAtMarket();
}, 1_000);
document.addEventListener('visibilitychange', () => {
  if (head !== null && !document.hidden) drawAll();
});
