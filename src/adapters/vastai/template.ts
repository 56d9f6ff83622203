import { BrokerError } from '../../domain/errors.ts';
import type { Template } from '../../ports/marketplace.ts';
import type { Api } from './api.ts';
import { isTemplateId } from './order.ts';
import { CallFailed } from './problems.ts';
import { TemplatesWire } from './wire.ts';

/** Several users may have one of the same hash: it covers the content, so any of them will do. */
export async function findTemplate(api: Api, named: string, signal: AbortSignal): Promise<Template> {
  const column = isTemplateId(named) ? { id: { eq: Number(named) } } : { hash_id: { eq: named } };
  const query = { select_cols: '["*"]', select_filters: JSON.stringify(column) };
  const body = await api.call({ lane: 'templates', method: 'GET', path: '/api/v0/template/', query }, signal);
  const read = TemplatesWire.safeParse(body);
  if (!read.success) throw new CallFailed({ kind: 'odd', text: "Vast.ai's answer about a template has none in it" });
  // A server that passes a filter over gives all templates that there are.
  const row = read.data.templates.find((t) => (isTemplateId(named) ? t.id === Number(named) : t.hash_id === named));
  if (row === undefined)
    throw new BrokerError('not-found', `Vast.ai has no template "${named}"`, { reason: 'TEMPLATE' });
  return { hash: row.hash_id, image: withTag(row.image, row.tag ?? '') };
}

const withTag = (image: string, tag: string): string =>
  tag === '' || /:[^/]*$/.test(image) ? image : `${image}:${tag}`;
