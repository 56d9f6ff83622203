import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { BrokerError } from '../../domain/errors.ts';

/** What an action may send [bytes]. */
const MAX_BODY = 4_096;

const invalidBody = (text: string): BrokerError => new BrokerError('invalid', text, { reason: 'INVALID_ARGUMENT' });

/** The request's JSON. @throws BrokerError `invalid` telling what is wrong with it */
export async function readBody<T>(req: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  const result = schema.safeParse(parse(await textOf(req)));
  if (result.success) return result.data;
  throw invalidBody(result.error.issues.map((i) => `${i.path.join('.') || 'body'}: ${i.message}`).join('; '));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidBody('the body is no JSON');
  }
}

async function textOf(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) throw invalidBody(`the body is longer than ${MAX_BODY} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
