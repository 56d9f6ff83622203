import type { PortAddress } from '../domain/endpoint.ts';

export type HttpAsk = {
  readonly method: 'GET' | 'POST';
  /** Path and query; begins with `/`. */
  readonly path: string;
  readonly timeoutMs: number;
  /** Sent as Authorization. Secret. Absent: none is. */
  readonly authorization?: string;
};

/** `answered` is false with the reason in words for people, such as "connection refused". */
export type HttpAnswer =
  | { readonly answered: true; readonly status: number; readonly body: string }
  | { readonly answered: false; readonly detail: string };

/** Calls an instance at its own address, past its proxy. */
export interface InstanceHttp {
  /** One try; redirects are answers. Never throws but for an abort of `signal`. A body of more than 64 KiB, or an answer
   *  that is not there in time, is no answer. */
  ask(to: PortAddress, what: HttpAsk, signal: AbortSignal): Promise<HttpAnswer>;
}
