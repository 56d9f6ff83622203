import { byId, field } from './dom.js';
import { banOf, besideSessions, byCost, costColumns, hostColumns, hostKey } from './market-views.js';
import { ask } from './stream.js';
import { createTable } from './table.js';

// Machines and money: asked for now and then, and at once when something happened to them.

const AGAIN_MS = 15_000;

const NOTHING = {
  costs: { tenants: [], reserveMicrosPerHour: 0, destroyingMicrosPerHour: 0 },
  hosts: [],
  leftOut: 0,
};
let market = NOTHING;
let askedAt = 0;
let changed = () => undefined;

const tables = {
  machines: createTable(byId('machines-table'), hostColumns, { empty: 'No such machine.', rowKey: hostKey }),
  costs: createTable(byId('costs-table'), costColumns, { empty: 'Nothing was spent.', rowKey: (r) => r.tenant }),
};

/** @param fn called when there is news */
export const onMarket = (fn) => {
  changed = fn;
};

export const hostOf = (key) => market.hosts.find((h) => hostKey(h) === key);

/** Looks again, if the last look was long enough ago or `atOnce` is set. */
export function lookAtMarket(atOnce = false) {
  if (!atOnce && Date.now() - askedAt < AGAIN_MS) return;
  askedAt = Date.now();
  ask('market').then(
    (found) => {
      market = found;
      changed();
    },
    // The stream tells what is wrong with the connection; what was seen last stays.
    () => undefined,
  );
}

export function forgetMarket() {
  market = NOTHING;
  askedAt = 0;
}

/** @param found as `finder` in main.js makes them */
export function drawMachines(pager, found, now) {
  show('machines', market.hosts.length > 0);
  const state = field('machines-state').value;
  const rows = market.hosts
    .filter((h) => state === '' || (state === 'banned') === Boolean(banOf(h)))
    .filter((h) => found(h.provider, h.machine, h.host, banOf(h)?.reason ?? '', banOf(h)?.evidence ?? ''));
  const note = market.leftOut > 0 ? `${market.leftOut} more are known; use the command berth hosts` : '';
  tables.machines.show(pager.cut(rows, note), now);
}

export function drawCosts(now) {
  const { costs } = market;
  const isSpent = costs.tenants.some((t) => t.microsPerHour + t.livingMicros + t.days.length > 0);
  const beside = besideSessions(costs);
  show('costs', isSpent || beside !== '');
  tables.costs.show(costs.tenants.toSorted(byCost), now);
  const text = beside === '' ? '' : `Beside sessions: ${beside}.`;
  if (byId('costs-beside').textContent !== text) byId('costs-beside').textContent = text;
}

/** A part of the page that says nothing where there is no market is not there. */
function show(part, isThere) {
  byId(part).hidden = !isThere;
  byId(`${part}-link`).hidden = !isThere;
}
