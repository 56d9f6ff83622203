import { askTerminate, cancelButton, open, titleOf } from './dialogs.js';
import { make } from './dom.js';
import { clockTime, costNow, fullTime, money, perHour, span } from './format.js';
import { ask } from './stream.js';

const code = (text) => (text ? make('code', {}, text) : '');

/** Name and value of all that is known of a session; what is empty is left out. */
function factsOf(row, now) {
  const at = (time) =>
    time ? `${fullTime(time)} (${time > now ? `in ${span(time - now)}` : `${span(now - time)} ago`})` : '';
  return [
    ['id', code(row.id)],
    ['tenant', row.tenant],
    ['owner', row.owner],
    ['class', row.class],
    ['phase', `${row.phase}, for ${span(now - row.since)}`],
    ['place in the queue', row.position ? String(row.position) : ''],
    ['waits for', row.waitingFor],
    ['progress', row.progress],
    ['active expected', at(row.expectedAt)],
    ['created', at(row.createdAt)],
    ['active since', at(row.activeAt)],
    ['last used', at(row.lastUsedAt)],
    ['ends', row.end && `${at(row.end.at)}: ${row.end.why}`],
    ['ended', row.ended && `${row.ended.why} ${row.ended.detail}`],
    ['cost', `${money(costNow(row.cost, now))} ${perHour(row.cost.microsPerHour)}`],
    ...(row.ports ?? []).map((p) => [`port ${p.name}`, code(p.url)]),
    ['endpoint', row.guarded ? 'asks for the session’s token, which only its tenant is given' : ''],
    ['instance', code(row.instance)],
    ['machine', [row.provider, row.machine].filter(Boolean).join(' ')],
    ['replaced', row.replacements ? `${row.replacements} times` : ''],
  ].filter(([, value]) => value);
}

const pair = ([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value));

/** Everything about one session, with its events. */
export function showSession(row, now) {
  const fill = ({ close }) => {
    const facts = make('dl', { className: 'facts' }, ...factsOf(row, now).map(pair));
    const list = make('ol', { className: 'history' }, make('li', {}, 'loading'));
    ask(`session/${row.id}`).then(
      ({ labels, events }) => {
        facts.append(...Object.entries(labels).map(([key, value]) => pair([`label ${key}`, value])));
        list.replaceChildren(...events.map(eventLine));
      },
      (err) => list.replaceChildren(make('li', {}, err.message)),
    );
    const end = () => {
      close();
      askTerminate(row);
    };
    const endButton = make('button', { type: 'button', className: 'danger', onclick: end }, 'End…');
    const buttons = make('div', { className: 'buttons' }, cancelButton(close, 'Close'), row.ended ? null : endButton);
    return [facts, make('h3', {}, 'What happened'), list, buttons];
  };
  open(titleOf(row), fill).classList.add('wide');
}

const eventLine = (e) =>
  make(
    'li',
    {},
    make('time', { title: fullTime(e.at) }, clockTime(e.at)),
    ` ${e.kind}: ${e.before ?? 'new'} → ${e.after ?? 'as configured'}`,
    e.reason ? ` (${e.reason})` : '',
    e.detail ? ` ${e.detail}` : '',
    ` · ${e.actor}`,
  );
