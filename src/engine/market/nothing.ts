import type { Refused } from '../../domain/session.ts';

/** Nothing is to be had: why, in words for people, and how many offers were refused by which rule. */
export type Nothing = { readonly why: string; readonly refused: Refused };
