import { type InstanceId, isInstanceId } from '../../domain/ids.ts';
import type { Mark } from '../../ports/compute-provider.ts';

/** Vast.ai's limit on create. */
const MAX_LABEL = 256;

/** What is written on an instance in the very call that makes it: `berth/INSTALLATION/TAG/CLASS/RECIPE/reserve`, or
 *  `personal` at the end. null: it is too long. */
export function labelOf(installation: string, tag: InstanceId, mark: Mark): string | null {
  const parts = ['berth', installation, tag, mark.class, mark.recipe, mark.reserve ? 'reserve' : 'personal'];
  const label = parts.join('/');
  return label.length <= MAX_LABEL && !parts.some((p) => p.includes('/')) ? label : null;
}

/** What our label of this installation says; null: it is not ours. A label that is ours only in part belongs to nobody:
 *  people write labels, too. */
export function parseLabel(
  installation: string,
  label: string,
): { readonly tag: InstanceId; readonly mark: Mark } | null {
  const parts = label.split('/');
  const [word, of, tag = '', name = '', recipe = '', kind] = parts;
  if (parts.length !== 6 || word !== 'berth' || of !== installation || !isInstanceId(tag)) return null;
  if (name === '' || (kind !== 'reserve' && kind !== 'personal')) return null;
  return { tag, mark: { class: name, recipe, reserve: kind === 'reserve' } };
}

/** Written by this installation, and not readable any more. */
export const isSpoiled = (installation: string, label: string): boolean =>
  label.startsWith(`berth/${installation}/`) && parseLabel(installation, label) === null;
