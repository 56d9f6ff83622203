import type { z } from 'zod';
import type { Api } from './api.ts';
import { CallFailed } from './problems.ts';
import { PageWire, RowWire } from './wire.ts';

const PAGE = 25;
/** 10,000 instances: a server whose pages never end must not keep us for ever. */
const MAX_PAGES = 400;

type Page = z.output<typeof PageWire>;
export type Row = { readonly id: number; readonly label: string | null; readonly raw: unknown };
export type Listed = { readonly rows: readonly Row[]; readonly pages: number };

const incomplete = (why: string): CallFailed =>
  new CallFailed({ kind: 'odd', text: `Vast.ai's list of instances cannot be relied on: ${why}` });

/**
 * All pages, or an error. A client that took a part for the whole went on renting what it did not see (2026-06), so all
 * that the answers tell about themselves is compared. While pages are read instances come and go: new ones have higher
 * ids and come last, so fewer rows than the last page's total are a part, and more are those that ended meanwhile.
 * @param isOurs whether a label is one that must be among the rows when the last page counts it
 */
export async function listAll(api: Api, isOurs: (label: string) => boolean, signal: AbortSignal): Promise<Listed> {
  const rows: Row[] = [];
  const tokens = new Set<string>();
  for (let pages = 1; pages <= MAX_PAGES; pages++) {
    const token = [...tokens].at(-1);
    const page = await readPage(api, token, signal);
    take(rows, page);
    const next = page.next_token ?? '';
    if (next === '') {
      checkEnd(rows, page, pages, isOurs);
      return { rows, pages };
    }
    if (tokens.has(next)) throw incomplete('its pages go in a circle');
    if (page.instances.length !== PAGE) throw incomplete('a page in its middle is not full');
    tokens.add(next);
  }
  throw incomplete(`it has more than ${MAX_PAGES} pages`);
}

async function readPage(api: Api, token: string | undefined, signal: AbortSignal): Promise<Page> {
  const query = {
    limit: `${PAGE}`,
    order_by: JSON.stringify([{ col: 'id', dir: 'asc' }]),
    ...(token === undefined ? {} : { after_token: token }),
  };
  const body = await api.call({ lane: 'list', method: 'GET', path: '/api/v1/instances/', query }, signal);
  const read = PageWire.safeParse(body);
  if (!read.success) throw incomplete(`it is not as it should be (${read.error.issues[0]?.path.join('.') ?? ''})`);
  return read.data;
}

function take(rows: Row[], page: Page): void {
  if (page.instances_found !== page.instances.length) throw incomplete('a page has other rows than it counts');
  for (const raw of page.instances) {
    const read = RowWire.safeParse(raw);
    if (!read.success) throw incomplete('a row has no id');
    const { id, label } = read.data;
    if (id <= (rows.at(-1)?.id ?? -1)) throw incomplete('a row comes twice, or out of its order');
    rows.push({ id, label: label ?? null, raw });
  }
}

function checkEnd(rows: readonly Row[], last: Page, pages: number, isOurs: (label: string) => boolean): void {
  const missing = last.total_instances - rows.length;
  if (missing > 0) throw incomplete(`${missing} of ${last.total_instances} are missing`);
  if (missing < 0 && pages === 1) throw incomplete('it has more rows than it counts');
  const read = new Set(rows.map((r) => r.label));
  for (const [label, count] of Object.entries(last.label_counts ?? {}))
    if (count > 0 && isOurs(label) && !read.has(label)) throw incomplete('a label that it counts is in no row');
}
