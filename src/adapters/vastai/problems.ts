import { BrokerError } from '../../domain/errors.ts';
import type { Answer } from './http.ts';

/**
 * What went wrong with a call, told by the body and not by the status: a wrong key comes as 401, 403 and 404, a gone
 * offer as 400, 404 and 410.
 * - `auth`, `no-credit`, `refused`: ours, and the same everywhere
 * - `quota`: of searches, until midnight UTC; `limited`: too many calls; `retryAfterMs` says for how long
 * - `offer-gone`, `no-such`: what was named is not there (any more)
 * - `deprecated`: the endpoint is no more
 * - `server`: 5xx; `odd`: an answer that is none
 * - `aborted`, `late`, `broken`: it may have arrived and been done; `unreachable`: it surely has not arrived
 * - `redirected`, `too-large`: an answer that is not taken
 */
export type ProblemKind =
  | 'auth'
  | 'no-credit'
  | 'refused'
  | 'quota'
  | 'limited'
  | 'offer-gone'
  | 'no-such'
  | 'deprecated'
  | 'server'
  | 'odd'
  | 'aborted'
  | 'late'
  | 'broken'
  | 'unreachable'
  | 'redirected'
  | 'too-large';

export type Problem = {
  readonly kind: ProblemKind;
  /** For people; no secrets. */
  readonly text: string;
  /** How long no such call is let through. */
  readonly retryAfterMs?: number;
};

/** Carries a problem to whoever knows what it means for his call. Never leaves this folder. */
export class CallFailed extends Error {
  readonly problem: Problem;
  /** The answer's JSON, where it had any. May hold secrets. */
  readonly body: unknown;

  constructor(problem: Problem, body?: unknown) {
    super(problem.text);
    this.name = 'CallFailed';
    this.problem = problem;
    this.body = body;
  }
}

export const isKind = (err: unknown, ...kinds: readonly ProblemKind[]): err is CallFailed =>
  err instanceof CallFailed && kinds.includes(err.problem.kind);

export const aborted = (): DOMException => new DOMException('the call was aborted', 'AbortError');

/** What a caller of the port gets for a call that reads, or that may be repeated. */
export function unavailable(err: unknown): unknown {
  if (!(err instanceof CallFailed)) return err;
  const { kind, text, retryAfterMs } = err.problem;
  if (kind === 'aborted') return aborted();
  const details = { reason: REASON[kind] ?? 'PROVIDER_DOWN', ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  return new BrokerError('unavailable', text, details);
}

const REASON: { readonly [K in ProblemKind]?: string } = {
  auth: 'PROVIDER_KEY',
  limited: 'PROVIDER_LIMIT',
  quota: 'PROVIDER_LIMIT',
};

type Facts = {
  readonly status: number;
  /** Of the body: its code, lower case, and all its words. */
  readonly code: string;
  readonly words: string;
  readonly isJson: boolean;
  readonly failed: boolean;
};
type Rule = { readonly kind: ProblemKind; readonly when: (f: Facts) => boolean; readonly says: string };

const NO_KEY = /invalid user key|session expired|two.factor auth/i;
const GONE = /no_such_ask|not available|no longer available/i;
const OURS = new Set(['bad_request', 'no_ssh_key_for_vm', 'missing_billing', 'label_too_long']);
const isOurs = (code: string): boolean => code.startsWith('invalid') || OURS.has(code);

/** The first that holds. */
const RULES: readonly Rule[] = [
  { kind: 'quota', when: (f) => f.code === 'search_quota_exceeded', says: "today's searches are used up" },
  { kind: 'limited', when: (f) => f.status === 429 || f.code === 'rate_limit_exceeded', says: 'too many calls' },
  {
    kind: 'auth',
    when: (f) => f.code === 'auth_error' || (f.isJson && f.status >= 400 && NO_KEY.test(f.words)),
    says: 'the API key is refused',
  },
  { kind: 'deprecated', when: (f) => f.code === 'deprecated_endpoint', says: 'the endpoint is no more' },
  { kind: 'no-credit', when: (f) => f.code === 'insufficient_credit', says: 'the account lacks credit' },
  {
    kind: 'no-such',
    when: (f) => f.code === 'no_such_instance' || (f.status === 404 && f.code === 'not_found'),
    says: 'there is no such thing',
  },
  {
    kind: 'offer-gone',
    when: (f) => f.isJson && [400, 404, 410].includes(f.status) && GONE.test(`${f.code} ${f.words}`),
    says: 'the offer is gone',
  },
  { kind: 'auth', when: (f) => f.isJson && (f.status === 401 || f.status === 403), says: 'the API key is refused' },
  { kind: 'server', when: (f) => f.status >= 500, says: 'its server failed' },
  {
    kind: 'refused',
    when: (f) => f.isJson && f.status >= 400 && f.status < 500 && isOurs(f.code),
    says: 'it refuses the call',
  },
  { kind: 'odd', when: (f) => !f.isJson, says: 'its answer is no JSON' },
  { kind: 'odd', when: (f) => f.failed || f.status < 200 || f.status >= 300, says: 'it failed' },
];

/** null: it is an answer.
 *  @param secrets what its text may not repeat */
export function problemOf(answer: Answer, secrets: readonly string[] = []): Problem | null {
  const facts = factsOf(answer, secrets);
  const rule = RULES.find((r) => r.when(facts));
  if (rule === undefined) return null;
  const words = facts.words === '' ? '' : `, ${facts.words}`;
  const text = `Vast.ai: ${rule.says} (HTTP ${answer.status}${facts.code === '' ? '' : ` ${facts.code}`}${words})`;
  const retryAfterMs = answer.retryAfterMs ?? secondsIn(answer.json);
  return { kind: rule.kind, text, ...(retryAfterMs === null ? {} : { retryAfterMs }) };
}

function factsOf({ status, json, text }: Answer, secrets: readonly string[]): Facts {
  const isJson = typeof json === 'object' && json !== null && !Array.isArray(json);
  const body = (isJson ? json : {}) as Readonly<Record<string, unknown>>;
  const words = [body.msg, body.message, body.detail].find((w) => typeof w === 'string' && w !== '');
  const plain = isJson || /[<{]/.test(text) ? '' : text;
  // Before it is cut off and made one line: of a secret that is cut off the rest would be told.
  const told = (said: string, most: number): string => oneLine(redact(said, secrets), most);
  return {
    status,
    code: typeof body.error === 'string' ? told(body.error, 64).toLowerCase() : '',
    words: told(typeof words === 'string' ? words : plain, 200),
    isJson,
    failed: body.success === false,
  };
}

const secondsIn = (json: unknown): number | null => {
  const seconds =
    typeof json === 'object' && json !== null && 'retry_after' in json ? Number(json.retry_after) : Number.NaN;
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null;
};

/** Without line breaks and control characters. */
export function oneLine(text: string, most: number): string {
  const line = text.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.length <= most ? line : `${line.slice(0, most - 1)}…`;
}

/** Providers quote what they were sent, as it is or as JSON. Short ones are left: they would hit words of the text. The
 *  longest first: one may be a part of another. */
export function redact(text: string, secrets: readonly string[]): string {
  const written = secrets.filter((s) => s.length >= 4).flatMap((s) => [s, JSON.stringify(s).slice(1, -1)]);
  return written.toSorted((a, b) => b.length - a.length).reduce((t, s) => t.replaceAll(s, '***'), text);
}
