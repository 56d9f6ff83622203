/** What a request is answered with. `hang`: nothing, the connection stays open. `reset`: the connection is cut. `torn`:
 *  the answer ends in its middle. */
export type Reply = {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly how?: 'hang' | 'reset' | 'torn';
};

/** Clients of Vast.ai accept exactly this type, without a charset. */
const JSON_TYPE = 'application/json';

export const json = (value: unknown, status = 200, headers?: Readonly<Record<string, string>>): Reply => ({
  status,
  type: JSON_TYPE,
  body: JSON.stringify(value),
  ...(headers ? { headers } : {}),
});

export const text = (body: string, status = 200, headers?: Readonly<Record<string, string>>): Reply => ({
  status,
  type: 'text/plain',
  body,
  ...(headers ? { headers } : {}),
});

export const html = (body: string, status = 200): Reply => ({ status, type: 'text/html', body });

/** Vast.ai's usual error. */
export const failed = (status: number, error: string, msg: string, more: object = {}): Reply =>
  json({ success: false, error, msg, ...more }, status);

/** Thrown by what handles a request, to end it with that answer. */
export class Refusal extends Error {
  readonly reply: Reply;
  constructor(reply: Reply) {
    super(reply.body);
    this.name = 'Refusal';
    this.reply = reply;
  }
}

export const refuse = (status: number, error: string, msg: string, more: object = {}): never => {
  throw new Refusal(failed(status, error, msg, more));
};
