// The live connection: server-sent events read by fetch, since EventSource cannot send a token.

const SILENT_MS = 25_000;
const FIRST_AGAIN_MS = 500;
const LAST_AGAIN_MS = 15_000;
const KEY = 'berth-token';

let token = sessionStorage.getItem(KEY);

export const hasToken = () => token !== null;

/** Kept in this tab only, and gone with it. */
export function setToken(value) {
  token = value;
  if (value === null) sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, value);
}

const headers = (more = {}) => (token === null ? more : { ...more, authorization: `Bearer ${token}` });

/** What the broker refused, with its reason as a word for programs. */
export class Refused extends Error {
  constructor(status, { error = `HTTP ${status}`, reason = '' } = {}, retryMs = 0) {
    super(error);
    this.status = status;
    this.reason = reason;
    this.retryMs = retryMs;
  }
}

async function refusal(answer) {
  const body = await answer.json().catch(() => ({}));
  return new Refused(answer.status, body, Number(answer.headers.get('retry-after') ?? 0) * 1_000);
}

export async function ask(path, body) {
  const answer = await fetch(
    `api/${path}`,
    body === undefined
      ? { headers: headers() }
      : { method: 'POST', headers: headers({ 'content-type': 'application/json' }), body: JSON.stringify(body) },
  );
  if (!answer.ok) throw await refusal(answer);
  return answer.json();
}

/**
 * Keeps a stream open for ever. `on.NAME(data)` for each event; `on.state(state, detail)` tells how the connection is:
 * `live`, `wait` (with when it is tried again) or `refused` (with why).
 * Returns what makes it connect anew at once.
 */
export function follow(on) {
  let cut = new AbortController();
  let hurry = () => undefined;
  let tries = 0;
  /** Whether the last connection was cut on purpose, to make another at once. */
  let isWanted = false;

  async function once() {
    cut = new AbortController();
    let watchdog = 0;
    const heard = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => cut.abort(), SILENT_MS);
    };
    heard();
    try {
      const answer = await fetch('api/stream', {
        headers: headers({ accept: 'text/event-stream' }),
        signal: cut.signal,
      });
      if (!answer.ok) throw await refusal(answer);
      await read(answer.body, heard, (name, data) => {
        if (name === 'denied') throw new Refused(401, data);
        if (name === 'state') tries = 0;
        on[name]?.(data);
      });
    } finally {
      clearTimeout(watchdog);
      cut.abort();
    }
  }

  /** How long to wait before the next try, told to the page [ms]. */
  function pauseAfter(failed) {
    const isRefused = failed instanceof Refused && failed.status < 500;
    const pause = isRefused
      ? Math.max(failed.retryMs, LAST_AGAIN_MS)
      : Math.min(LAST_AGAIN_MS, FIRST_AGAIN_MS * 2 ** tries);
    tries += 1;
    // Many pages that lost the same broker should not all come back in the same moment.
    const ms = pause * (0.75 + Math.random() / 2);
    if (isRefused) on.refused(failed);
    else on.waiting(ms, failed instanceof Refused ? failed.message : '');
    return ms;
  }

  async function forever() {
    for (;;) {
      on.connecting();
      const failed = await once().then(
        () => null,
        (err) => err,
      );
      if (!isWanted) await pausing(pauseAfter(failed));
      isWanted = false;
    }
  }

  /** @returns {Promise<void>} */
  const pausing = (ms) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  void forever();
  return () => {
    tries = 0;
    isWanted = true;
    cut.abort();
    hurry();
  };
}

async function read(body, heard, take) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    heard();
    rest += value;
    // A large state comes in many pieces; only a piece with an end in it is worth a look.
    if (!value.includes('\n')) continue;
    const events = rest.split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) {
      const name = /^event: (.*)$/m.exec(event)?.[1];
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (name && data) take(name, JSON.parse(data));
    }
  }
}
