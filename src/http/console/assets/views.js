import { link, make, tag } from './dom.js';
import { bytes, clockTime, costNow, fullTime, instanceMicros, money, perHour, rateNow, short, span } from './format.js';

// The columns of the tables: what each cell compares, and how it is painted.

const TONES = {
  queued: 'wait',
  starting: 'wait',
  activating: 'wait',
  active: 'good',
  releasing: 'dim',
  released: 'dim',
  intended: 'wait',
  requested: 'wait',
  booting: 'wait',
  ready: 'good',
  bound: 'busy',
  destroying: 'dim',
  gone: 'dim',
  creating: 'wait',
  serving: 'good',
  deleting: 'dim',
  banned: 'bad',
  'not banned': 'good',
  on: 'good',
  off: 'bad',
};
export const toneOf = (phase) => TONES[phase] ?? 'dim';

export const sub = (text, title) => make('span', { className: 'sub', title }, text);
export const main = (text, title) => make('span', { className: 'head', title }, text);
export const pile = (...parts) => make('span', { className: 'pile' }, ...parts);
export const button = (text, action, id, label, className = '') =>
  make(
    'button',
    { type: 'button', className: `small ${className}`, 'data-action': action, 'data-id': id, 'aria-label': label },
    text,
  );

export const classColumns = [
  { title: 'Class', key: (r) => r.class, paint: (td, r) => td.append(main(r.class)) },
  {
    title: 'Reserve',
    className: 'reserve',
    key: (r) => `${r.ready}/${r.starting}/${r.target}`,
    paint(td, r) {
      if (r.target === 0 && r.ready + r.starting === 0) return td.append(sub('none kept'));
      const bar = make('span', { className: 'bar', 'aria-hidden': 'true' });
      const whole = Math.max(r.target, r.ready + r.starting, 1);
      const part = (n, className) => {
        const piece = make('span', { className });
        piece.style.width = `${(100 * n) / whole}%`;
        bar.append(piece);
      };
      part(r.ready, 'ready');
      part(r.starting, 'starting');
      td.append(pile(make('span', { className: 'head' }, `${r.ready} of ${r.target} ready`), bar));
    },
  },
  { title: 'On the way', className: 'number', key: (r) => r.starting || '–' },
  {
    title: 'State',
    key: (r, now) =>
      [
        r.backingOff,
        r.failures,
        r.lastFailure,
        r.target,
        r.ready,
        r.retryAt && Math.ceil((r.retryAt - now) / 1_000),
      ].join(),
    paint(td, r, now) {
      if (r.backingOff) {
        const again = r.retryAt > now ? `next try in ${span(r.retryAt - now + 999)}` : 'trying now';
        td.append(pile(tag('backing off', 'bad'), sub(`${r.failures} failed in a row, ${again}: ${r.lastFailure}`)));
      } else if (r.failures > 0)
        td.append(pile(tag('failing', 'wait'), sub(`${r.failures} in a row: ${r.lastFailure}`)));
      else if (r.target === 0) td.append('–');
      else if (r.ready >= r.target) td.append(tag('full', 'good'));
      else td.append(tag(r.starting > 0 ? 'filling' : 'short', 'wait'));
    },
  },
  {
    title: 'Waiting',
    key: (r, now) => (r.queue ? `${r.queue.waiting} ${span(now - r.queue.oldestAt)} ${r.queue.waitingFor}` : '0'),
    paint(td, r, now) {
      if (!r.queue) return td.append('–');
      td.append(
        pile(
          main(`${r.queue.waiting.toLocaleString()}, the first for ${span(now - r.queue.oldestAt)}`),
          sub(r.queue.waitingFor),
        ),
      );
    },
  },
  {
    title: 'Set by',
    key: (r, now) => `${r.setBy} ${r.setAt && span(now - r.setAt)}`,
    paint(td, r, now) {
      if (!r.setBy) td.append(sub('configuration'));
      else
        td.append(
          pile(make('span', {}, r.setBy), sub(`${span(now - r.setAt)} ago; configured: ${r.configuredTarget}`)),
        );
    },
  },
  {
    title: 'Actions',
    hideTitle: true,
    className: 'action',
    key: (r) => r.class,
    paint: (td, r) => td.append(button('Set…', 'reserve', r.class, `Set the reserve of ${r.class}`)),
  },
];

export const sessionColumns = [
  {
    title: 'Session',
    className: 'name',
    key: (r) => r.name + r.id,
    paint(td, r) {
      const open = make(
        'button',
        { type: 'button', className: 'plain head', 'data-action': 'session', 'data-id': r.id, title: r.id },
        r.name || short(r.id),
      );
      td.append(pile(open, r.name ? sub(short(r.id), r.id) : null));
    },
  },
  {
    title: 'Owner',
    key: (r) => `${r.owner}\n${r.tenant}`,
    paint: (td, r) =>
      td.append(pile(make('span', { className: 'clip', title: r.owner }, r.owner || '–'), sub(r.tenant))),
  },
  { title: 'Class', key: (r) => r.class },
  {
    title: 'Phase',
    key: (r, now) =>
      [r.phase, r.position, r.waitingFor, r.progress, r.expectedAt && span(r.expectedAt - now), r.ended?.why].join(),
    paint(td, r, now) {
      const expected = r.expectedAt
        ? r.expectedAt > now
          ? `about ${span(r.expectedAt - now)} to go`
          : 'any moment'
        : '';
      const text = [
        r.position ? `no. ${r.position}` : '',
        r.waitingFor ?? '',
        r.progress ?? '',
        r.ended?.why ?? '',
        expected,
      ]
        .filter(Boolean)
        .join(' · ');
      td.append(pile(tag(r.phase, toneOf(r.phase)), text ? sub(text, r.ended?.detail) : null));
    },
  },
  { title: 'Age', className: 'number', key: (r, now) => span(now - r.createdAt) },
  { title: 'Idle', className: 'number', key: (r, now) => (r.lastUsedAt === undefined ? '' : span(now - r.lastUsedAt)) },
  {
    title: 'Ends',
    key: (r, now) => (r.end ? `${span(r.end.at - now)} ${r.end.why} ${r.end.warned}` : ''),
    paint(td, r, now) {
      if (!r.end) return;
      const why = { expired: 'lifetime', idle: 'if not used', unconfirmed: 'if nobody asks' }[r.end.why] ?? r.end.why;
      td.append(
        pile(
          make(
            'span',
            { className: r.end.warned ? 'warned' : '', title: fullTime(r.end.at) },
            `in ${span(r.end.at - now)}`,
          ),
          sub(why),
        ),
      );
    },
  },
  {
    title: 'Cost',
    className: 'number',
    key: (r, now) => `${money(costNow(r.cost, now))} ${r.cost.microsPerHour}`,
    paint: (td, r, now) =>
      td.append(pile(make('span', {}, money(costNow(r.cost, now))), sub(perHour(r.cost.microsPerHour)))),
  },
  {
    title: 'Endpoint',
    key: (r) => JSON.stringify(r.ports ?? ''),
    paint(td, r) {
      if (!r.ports) return;
      td.append(
        pile(
          ...r.ports.slice(0, 3).map((p) => link(p.url, p.url.replace(/^https?:\/\//, ''))),
          r.guarded ? sub('with token') : null,
        ),
      );
    },
  },
  {
    title: 'Instance',
    key: (r) => `${r.instance ?? ''}${r.machine ?? ''}`,
    paint: (td, r) =>
      r.instance &&
      td.append(
        pile(
          make('span', { className: 'mono', title: r.instance }, short(r.instance)),
          sub([r.provider, r.machine].filter(Boolean).join(' · ')),
        ),
      ),
  },
  {
    title: 'Actions',
    hideTitle: true,
    className: 'action',
    key: (r) => `${r.id}${r.ended ? 'x' : ''}`,
    paint: (td, r) => !r.ended && td.append(button('End…', 'terminate', r.id, `End session ${r.name || r.id}`)),
  },
];

const sizeOf = ({ cpu, memory, gpus, gpuModel }) =>
  [gpus ? `${gpus} × ${gpuModel || 'GPU'}` : '', cpu ? `${cpu} CPU` : '', bytes(memory)].filter(Boolean).join(' · ');

/** `lost (offline)`; empty while it is not given up. */
const causeOf = ({ why = '', cause }) => (cause ? `${why} (${cause})` : why);

export const instanceColumns = [
  {
    title: 'Instance',
    className: 'name',
    key: (r) => r.id + r.ref,
    paint: (td, r) =>
      td.append(
        pile(
          make('span', { className: 'mono head', title: r.id }, short(r.id)),
          r.ref === r.id ? null : sub(r.ref, r.ref),
        ),
      ),
  },
  {
    title: 'Phase',
    key: (r, now) => `${r.phase} ${causeOf(r)} ${r.progress ?? ''} ${span(now - r.since)}`,
    paint: (td, r, now) =>
      td.append(
        pile(
          tag(r.phase, toneOf(r.phase)),
          sub([causeOf(r), r.progress, span(now - r.since)].filter(Boolean).join(' · '), r.detail),
        ),
      ),
  },
  { title: 'Class', key: (r) => r.class },
  {
    title: 'Machine',
    key: (r) => [r.provider, r.machine, r.region].join(),
    paint: (td, r) =>
      td.append(pile(make('span', {}, r.provider), sub([r.machine, r.region].filter(Boolean).join(' · ')))),
  },
  { title: 'Size', key: (r) => sizeOf(r.resources) },
  { title: 'Age', className: 'number', key: (r, now) => span(now - r.createdAt) },
  {
    title: 'Cost',
    className: 'number',
    key: (r, now) => `${instanceCost(r, now)} ${rateNow(r)}`,
    paint: (td, r, now) => td.append(pile(make('span', {}, instanceCost(r, now)), sub(perHour(rateNow(r))))),
  },
  {
    title: 'Session',
    key: (r) => `${r.session ?? ''}${r.sessionName ?? ''}`,
    paint(td, r) {
      if (r.session)
        td.append(
          make(
            'button',
            { type: 'button', className: 'plain', 'data-action': 'session', 'data-id': r.session, title: r.session },
            r.sessionName || short(r.session),
          ),
        );
      else td.append(sub('reserve'));
    },
  },
];

const instanceCost = (r, now) => money(instanceMicros(r, now));

/** What a missing state stands for, where that is not "made anew". */
const UNSET = { reserve: 'as configured', host: 'not banned' };

export const eventColumns = [
  {
    title: 'Time',
    className: 'time',
    key: (e) => e.at,
    paint: (td, e) => td.append(make('time', { title: fullTime(e.at) }, clockTime(e.at))),
  },
  {
    title: 'What',
    className: 'name',
    key: (e) => e.id,
    paint(td, e) {
      const shown = e.kind === 'session' ? e.name || short(e.subject) : short(e.subject);
      td.append(
        pile(
          e.kind === 'session'
            ? make(
                'button',
                {
                  type: 'button',
                  className: 'plain mono',
                  'data-action': 'session',
                  'data-id': e.subject,
                  title: e.subject,
                },
                shown,
              )
            : make('span', { className: 'mono', title: e.subject }, shown),
          sub([e.kind, e.class !== e.subject ? e.class : '', e.tenant].filter(Boolean).join(' · ')),
        ),
      );
    },
  },
  {
    title: 'Change',
    className: 'narrow',
    key: (e) => e.id,
    paint(td, e) {
      const to = e.after ?? UNSET[e.kind] ?? '';
      td.append(
        make(
          'span',
          { className: 'change' },
          e.before ?? UNSET[e.kind] ?? 'new',
          ' → ',
          e.kind === 'reserve' ? make('strong', {}, to) : tag(to, toneOf(to)),
        ),
      );
    },
  },
  {
    title: 'Why',
    className: 'why',
    key: (e) => e.id,
    paint: (td, e) =>
      (e.reason || e.detail) &&
      td.append(pile(e.reason ? make('span', {}, e.reason) : null, e.detail ? sub(e.detail) : null)),
  },
  { title: 'By', className: 'narrow', key: (e) => e.actor },
];

export const loopColumns = [
  { title: 'Loop', key: (l) => l.name },
  {
    title: 'State',
    key: (l) => `${l.failures} ${l.lastError}`,
    paint(td, l) {
      if (l.failures > 0) td.append(pile(tag(`${l.failures} failures`, 'bad'), sub(l.lastError)));
      else td.append(tag(l.lastPassAt === null ? 'not run here' : 'well', l.lastPassAt === null ? 'dim' : 'good'));
    },
  },
  {
    title: 'Last pass',
    className: 'number',
    key: (l, now) => (l.lastPassAt === null ? '–' : `${span(now - l.lastPassAt)} ago`),
  },
];
