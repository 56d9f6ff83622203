import { make, tag } from './dom.js';
import { credit, fullTime, hostName, lasted, money, perHour, span } from './format.js';
import { button, main, pile, sub } from './views.js';

// The columns of what belongs to a market: machines, costs, providers.

/** Its own ban, or its host's; null: it may be rented. */
export const banOf = (r) => r.ban ?? r.hostBan;

export const hostColumns = [
  {
    title: 'Machine',
    className: 'name',
    key: (r) => `${r.provider} ${r.machine} ${r.host}`,
    paint: (td, r) =>
      td.append(
        r.machine === ''
          ? pile(main(hostName(r)), sub(`${r.provider} · all its machines`))
          : pile(main(r.machine), sub([r.provider, r.host && `host ${r.host}`].filter(Boolean).join(' · '))),
      ),
  },
  {
    title: 'State',
    key: (r, now) => [r.ban?.until, r.hostBan?.until, banOf(r) && span(banOf(r).until - now)].join(),
    paint(td, r, now) {
      const ban = banOf(r);
      if (!ban) td.append(tag('may be rented', 'good'));
      else
        td.append(
          pile(
            tag(r.ban ? 'banned' : 'host banned', 'bad', fullTime(ban.until)),
            sub(`for ${span(ban.until - now)} more`, fullTime(ban.until)),
          ),
        );
    },
  },
  {
    title: 'Why',
    className: 'why',
    key: (r) => `${banOf(r)?.reason} ${banOf(r)?.evidence} ${banOf(r)?.by}`,
    paint(td, r) {
      const ban = banOf(r);
      if (ban) td.append(pile(make('span', {}, ban.reason), sub(`${ban.evidence} · by ${ban.by}`)));
    },
  },
  { title: 'Starts', className: 'number', key: (r) => r.starts || '–' },
  { title: 'Half within', className: 'number', key: (r) => lasted(r.startP50Ms) },
  { title: '9 of 10 within', className: 'number', key: (r) => lasted(r.startP90Ms) },
  { title: 'Losses', className: 'number', key: (r) => r.losses || '–' },
  {
    title: 'Actions',
    hideTitle: true,
    className: 'action',
    key: (r) => `${hostKey(r)} ${r.ban === null}`,
    paint: (td, r) =>
      td.append(
        r.ban
          ? button('Unban…', 'unban', hostKey(r), `Unban ${hostName(r)}`)
          : button('Ban…', 'ban', hostKey(r), `Ban ${hostName(r)}`),
      ),
  },
];

export const hostKey = (r) => `${r.provider}:${r.machine}:${r.machine === '' ? r.host : ''}`;

const ended = (r) => r.days.reduce((all, d) => all + d.micros, 0);
const today = (r, now) => {
  const day = new Date(now).toISOString().slice(0, 10);
  return r.days.find((d) => d.day === day)?.micros ?? 0;
};

export const costColumns = [
  { title: 'Tenant', key: (r) => r.tenant, paint: (td, r) => td.append(main(r.tenant)) },
  { title: 'Living sessions', className: 'number', key: (r) => r.sessions || '–' },
  { title: 'Now', className: 'number', key: (r) => perHour(r.microsPerHour) || '–' },
  { title: 'Living, so far', className: 'number', key: (r) => money(r.livingMicros) },
  { title: 'Ended today', className: 'number', key: (r, now) => money(today(r, now)) },
  { title: 'Ended in 30 days', className: 'number', key: (r) => money(ended(r)) },
];

/** The dearest first. */
export const byCost = (a, b) => ended(b) + b.livingMicros - ended(a) - a.livingMicros || (a.tenant < b.tenant ? -1 : 1);

/** What is paid beside sessions; empty: nothing. */
export const besideSessions = ({ reserveMicrosPerHour: reserve, destroyingMicrosPerHour: destroying }) =>
  [reserve ? `the reserve ${perHour(reserve)}` : '', destroying ? `what is being destroyed ${perHour(destroying)}` : '']
    .filter(Boolean)
    .join(', ');

export const providerColumns = [
  {
    title: 'Provider',
    key: (p, now) => `${p.name} ${p.listError} ${p.listedAt && span(now - p.listedAt)}`,
    paint(td, p, now) {
      const listed = p.listedAt === null ? 'never listed' : `listed ${span(now - p.listedAt)} ago`;
      td.append(
        pile(main(p.name), p.listError ? make('span', { className: 'warned' }, p.listError) : null, sub(listed)),
      );
    },
  },
  { title: 'Instances', className: 'number', key: (p) => `${p.instances} of ${p.maxInstances}` },
  {
    title: 'Spending',
    className: 'number',
    key: (p) => `${p.microsPerHour} ${p.maxMicrosPerHour}`,
    paint: (td, p) =>
      td.append(
        pile(make('span', {}, perHour(p.microsPerHour) || '–'), sub(`of ${perHour(p.maxMicrosPerHour) || 'nothing'}`)),
      ),
  },
  {
    title: 'Untracked',
    key: (p) => p.untrackedMicrosPerHour ?? '–',
    paint(td, p) {
      const lost = p.untrackedMicrosPerHour;
      if (lost === null) td.append('–');
      else td.append(lost === 0 ? tag('none', 'good') : tag(perHour(lost), 'bad'));
    },
  },
  { title: 'Credit', className: 'number', key: (p) => credit(p.creditMicros) },
];
