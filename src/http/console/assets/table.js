import { make } from './dom.js';

// A table that keeps its rows: a row is found again by its key, a cell is painted again only if what it shows has
// changed. So focus and selection stay where they are, and a thousand changes cost what is seen of them.

/**
 * `columns`: title, `key(row, now)` — what the cell shows, as a value to compare — and `paint(cell, row, now)`; without
 * `paint` the key is the text. `empty`: told when there is nothing.
 */
export function createTable(table, columns, { empty, rowKey = (row) => row.id }) {
  // Written out, since a narrow screen lays tables out as blocks, and browsers then forget that they are tables.
  table.setAttribute('role', 'table');
  const heads = columns.map((c) =>
    make(
      'th',
      { scope: 'col', role: 'columnheader', className: c.className ?? '' },
      c.hideTitle ? make('span', { className: 'hidden' }, c.title) : c.title,
    ),
  );
  const body = make('tbody', { role: 'rowgroup' });
  table.append(make('thead', { role: 'rowgroup' }, make('tr', { role: 'row' }, ...heads)), body);
  const nothing = make(
    'tr',
    { role: 'row', className: 'nothing' },
    make('td', { colSpan: columns.length, role: 'cell' }, empty),
  );
  const known = new Map();

  function add(key) {
    const cells = columns.map((c) => make('td', { role: 'cell', className: c.className ?? '', 'data-label': c.title }));
    const made = { tr: make('tr', { role: 'row', 'data-key': key }, ...cells), cells, shown: [] };
    known.set(key, made);
    return made;
  }

  function fill({ cells, shown }, row, now) {
    for (const [i, column] of columns.entries()) {
      const key = String(column.key(row, now));
      if (shown[i] === key) continue;
      shown[i] = key;
      const cell = cells[i];
      if (column.paint) {
        cell.replaceChildren();
        column.paint(cell, row, now);
      } else cell.textContent = key;
    }
  }

  return {
    show(rows, now) {
      const wanted = new Set(rows.map(rowKey));
      for (const [key, { tr }] of known) {
        if (wanted.has(key)) continue;
        tr.remove();
        known.delete(key);
      }
      if (rows.length === 0) body.replaceChildren(nothing);
      else nothing.remove();
      let at = body.firstElementChild;
      for (const row of rows) {
        const key = rowKey(row);
        const kept = known.get(key) ?? add(key);
        fill(kept, row, now);
        if (kept.tr === at) at = at.nextElementSibling;
        else body.insertBefore(kept.tr, at);
      }
    },
  };
}

/** Pages of a list; `changed` is called when another one is asked for. */
export function createPager(box, size, what, changed) {
  let page = 0;
  const info = make('p', { 'aria-live': 'polite' });
  const turn = (by) => () => {
    page += by;
    changed();
  };
  const back = make('button', { type: 'button', onclick: turn(-1), 'aria-label': `Previous ${what}` }, '‹ Previous');
  const next = make('button', { type: 'button', onclick: turn(1), 'aria-label': `Next ${what}` }, 'Next ›');
  const buttons = make('div', { className: 'buttons' }, back, next);
  box.append(info, buttons);
  return {
    first: () => {
      page = 0;
    },
    cut(rows, note = '') {
      const last = Math.max(0, Math.ceil(rows.length / size) - 1);
      page = Math.min(Math.max(0, page), last);
      const from = page * size;
      const part = rows.slice(from, from + size);
      const text =
        rows.length === 0
          ? note
          : `${(from + 1).toLocaleString()}–${(from + part.length).toLocaleString()} of ${rows.length.toLocaleString()}${note ? ` · ${note}` : ''}`;
      if (info.textContent !== text) info.textContent = text;
      back.disabled = page === 0;
      next.disabled = page === last;
      buttons.hidden = last === 0;
      return part;
    },
  };
}
