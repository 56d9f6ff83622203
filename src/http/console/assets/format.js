// How times, money and ids are written.

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `12 s`, `4 min`, `3 h 5 min`, `2 d 4 h`. */
export function span(ms) {
  const t = Math.max(0, ms);
  if (t < MINUTE) return `${Math.floor(t / SECOND)} s`;
  if (t < HOUR) return `${Math.floor(t / MINUTE)} min`;
  if (t < DAY) return two(Math.floor(t / HOUR), 'h', Math.floor((t % HOUR) / MINUTE), 'min');
  return two(Math.floor(t / DAY), 'd', Math.floor((t % DAY) / HOUR), 'h');
}

const two = (a, aUnit, b, bUnit) => (b === 0 ? `${a} ${aUnit}` : `${a} ${aUnit} ${b} ${bUnit}`);

/** @param micros millionths of a dollar */
export function money(micros) {
  if (!micros) return '–';
  const dollars = micros / 1e6;
  if (dollars < 0.01) return '< $0.01';
  return `$${dollars.toFixed(dollars < 100 ? 2 : 0)}`;
}

/** What is left: none is not the same as not known. @param micros null: not known */
export const credit = (micros) =>
  micros === null ? '–' : `${micros < 0 ? '-' : ''}$${Math.abs(micros / 1e6).toFixed(2)}`;

export const perHour = (micros) => (micros ? `${moneyExact(micros)}/h` : '');
const moneyExact = (micros) => `$${(micros / 1e6).toFixed(micros < 1e6 ? 3 : 2)}`;

/** The end of an id tells it from the others: they begin with the time. */
export const short = (id) => (id.length > 14 ? `${id.slice(0, 2)}…${id.slice(-8)}` : id);

const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
});
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
export const clockTime = (at) => CLOCK.format(at);
export const fullTime = (at) => FULL.format(at);

export function bytes(n) {
  if (!n) return '';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let i = 0;
  let value = n;
  for (; value >= 1_024 && i < units.length - 1; i++) value /= 1_024;
  return `${Number(value.toFixed(1))} ${units[i]}`;
}

/** What a session or an instance has cost by `now`, if it is told as micros at a time and a price. */
export const costNow = (cost, now) => cost.micros + (cost.microsPerHour * Math.max(0, now - cost.atMs)) / HOUR;

/** What an instance is paid by the hour now: before it runs only its storage, where that has a price of its own. */
export const rateNow = (r) =>
  r.paidFrom === null
    ? 0
    : r.storageMicrosPerHour === undefined || r.runningFrom
      ? r.microsPerHour
      : r.storageMicrosPerHour;

/** What an instance has cost by `now` [micros]. */
export function instanceMicros(r, now) {
  if (r.paidFrom === null) return 0;
  const since = (from, microsPerHour) => costNow({ micros: 0, microsPerHour, atMs: from }, now);
  const storage = r.storageMicrosPerHour;
  if (storage === undefined) return since(r.paidFrom, r.microsPerHour);
  return since(r.paidFrom, storage) + (r.runningFrom ? since(r.runningFrom, r.microsPerHour - storage) : 0);
}

/** `95 s`, `4 min`. @param ms null: not known */
export const lasted = (ms) => (ms === null ? '–' : ms < 10 * MINUTE ? `${Math.round(ms / SECOND)} s` : span(ms));

/** `machine 4711`, or `host 88` for all machines of a host. */
export const hostName = ({ machine, host }) => (machine === '' ? `host ${host}` : `machine ${machine}`);

export const plural = (n, one, many = `${one}s`) => `${n.toLocaleString()} ${n === 1 ? one : many}`;
