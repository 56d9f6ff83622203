import { BrokerError } from '../../domain/errors.ts';
import type { Micros } from '../../domain/resources.ts';
import type { Template } from '../../ports/marketplace.ts';
import type { Api } from './api.ts';
import { isTemplateId } from './order.ts';
import { CallFailed } from './problems.ts';
import { TemplatesWire, UserWire } from './wire.ts';

export type User = { readonly id: number; readonly creditMicros: Micros };

/** The answer can hold the key: only what is wanted of it is kept. */
export async function currentUser(api: Api, signal: AbortSignal): Promise<User> {
  const body = await api.call({ lane: 'account', method: 'GET', path: '/api/v0/users/current' }, signal);
  const read = UserWire.safeParse(body);
  if (!read.success)
    throw new CallFailed({ kind: 'odd', text: "Vast.ai's answer about the account has no credit in it" });
  return { id: read.data.id, creditMicros: Math.floor(read.data.credit * 1e6) };
}

/** The hash covers the content, so several users may have one: ours counts, and who it is of is asked only then. */
export async function findTemplate(api: Api, named: string, signal: AbortSignal): Promise<Template> {
  const column = isTemplateId(named) ? { id: { eq: Number(named) } } : { hash_id: { eq: named } };
  const query = { select_cols: '["*"]', select_filters: JSON.stringify(column) };
  const body = await api.call({ lane: 'templates', method: 'GET', path: '/api/v0/template/', query }, signal);
  const read = TemplatesWire.safeParse(body);
  if (!read.success) throw new CallFailed({ kind: 'odd', text: "Vast.ai's answer about a template has none in it" });
  // A server that passes a filter over gives all templates that there are.
  const rows = read.data.templates.filter((t) => (isTemplateId(named) ? t.id === Number(named) : t.hash_id === named));
  const creator = rows.length > 1 ? (await currentUser(api, signal)).id : null;
  const row = rows.find((t) => t.creator_id === creator) ?? rows[0];
  if (row === undefined)
    throw new BrokerError('not-found', `Vast.ai has no template "${named}"`, { reason: 'TEMPLATE' });
  return { hash: row.hash_id, image: withTag(row.image, row.tag ?? '') };
}

const withTag = (image: string, tag: string): string =>
  tag === '' || /:[^/]*$/.test(image) ? image : `${image}:${tag}`;
