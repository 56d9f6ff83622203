import type { Endpoint } from '../domain/endpoint.ts';
import type { Readiness } from '../domain/session-class.ts';

/** `answered` is false with the reason in words for people, such as "connection refused" or "HTTP 503". */
export type Probed = { readonly answered: true } | { readonly answered: false; readonly detail: string };

export type ProbeOptions = {
  readonly timeoutMs: number;
  /** Sent along where the endpoint asks for it; null: it does not. */
  readonly accessToken: string | null;
};

/** Asks an endpoint whether it serves. */
export interface Prober {
  /** One try. Never throws but for an abort of `signal`; no answer in time is no answer. */
  probe(endpoint: Endpoint, readiness: Readiness, o: ProbeOptions, signal: AbortSignal): Promise<Probed>;
}
