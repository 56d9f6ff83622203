/** Which id stands at a place of a key or member. */
export type IdKind = 'session' | 'request' | 'instance' | 'proxy';
export type Ids = Readonly<Record<IdKind, string>>;

/** A text of which at most one part differs from call to call. */
export type Template = { readonly before: string; readonly id: IdKind | null; readonly after: string };

/** The text as captured, with the one of `ids` that is in it taken out. */
export function templateOf(text: string, ids: Ids): Template {
  for (const id of ['request', 'session', 'instance', 'proxy'] as const) {
    const at = text.indexOf(ids[id]);
    if (at >= 0) return { before: text.slice(0, at), id, after: text.slice(at + ids[id].length) };
  }
  return { before: text, id: null, after: '' };
}

export const fill = (t: Template, ids: Ids): string => (t.id === null ? t.before : t.before + ids[t.id] + t.after);

const DIGITS = 26;
/** A prime, so that members are taken from all over the reserve, as berth picks them. */
const STRIDE = 7_919;

/** Ids as long as berth's: new ones for sessions, those of the filled reserve for instances. */
export function createFloorIds(captured: Ids) {
  let sessions = 0;
  let filled = 0;
  let begin = 0;
  let taken = 0;
  const of = (prefix: string, n: number): string => prefix + n.toString(36).padStart(DIGITS, '0');
  const requestDigits = captured.request.length - 2;
  const member = (n: number) => ({ instance: of('i-', n), proxy: of('p-', n) });
  return {
    /** Of the next member to be written. */
    fill(n: number): readonly Pick<Ids, 'instance' | 'proxy'>[] {
      begin = filled;
      filled += n;
      taken = 0;
      return Array.from({ length: n }, (_, i) => member(begin + i));
    },
    acquire(): Ids {
      const n = ++sessions;
      const size = Math.max(1, filled - begin);
      return {
        session: of('s-', n),
        request: `r-${n.toString(36).padStart(requestDigits, '0')}`,
        ...member(begin + ((taken++ * STRIDE) % size)),
      };
    },
  };
}
