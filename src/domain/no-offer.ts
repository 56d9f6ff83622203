import { type Instance, isOver } from './instance.ts';
import type { Session } from './session.ts';

/** Why an instance failed, where that is known. */
export const causeOf = (i: Instance | undefined) =>
  i !== undefined && (i.phase === 'destroying' || i.phase === 'gone') ? i.cause : undefined;

/**
 * Whether the end of an instance that a session waited for uses up no attempt: nothing was rented, since somebody else
 * was faster or the provider let no call through. Too many gone offers in a row are an attempt after all: there may be
 * something about them.
 * @returns null: it is an attempt. `offersGone`: how many there were in a row by now
 */
export function noOffer(s: Session, i: Instance | undefined): { readonly offersGone: number } | null {
  if (!isOver(i)) return null;
  const before = s.offersGone ?? 0;
  switch (causeOf(i)) {
    case 'limited':
      return { offersGone: before };
    case 'offer-gone':
      return before + 1 < (s.terms.offerAttempts ?? 1) ? { offersGone: before + 1 } : null;
    default:
      return null;
  }
}
