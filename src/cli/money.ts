import type { BrokerStatus, ProviderStatus } from '../../clients/typescript/src/types-admin.ts';
import type { Renting } from '../../clients/typescript/src/types-market.ts';
import { age, dollars, paint, plain } from './format.ts';

/** What a status says of money and of the renting switch, in words for people. */

/** `on`; or `off, turned by t-1 5m ago: the bill`. */
export function rentingText(r: Renting, now: number, color: boolean): string {
  const word = r.on ? paint('green', 'on', color) : paint('red', 'off', color);
  const who = r.by === '' ? '' : `, turned by ${plain(r.by)}${r.time === null ? '' : ` ${age(r.time, now)} ago`}`;
  return `${word}${who}${r.why === '' ? '' : `: ${plain(r.why)}`}`;
}

/** `$1.05 of $5.00`; the cap is what nothing is rented beyond. */
export function spending(p: ProviderStatus, color: boolean): string {
  if (p.maxPricePerHour === 0) return dollars(p.pricePerHour);
  const now = p.pricePerHour === 0 ? '$0' : dollars(p.pricePerHour);
  return paint(isNearCap(p) ? 'yellow' : 'none', `${now} of ${dollars(p.maxPricePerHour)}`, color);
}

/** From here on a person should know [part of 1]. */
const NEARLY = 0.9;
const isNearCap = (p: ProviderStatus): boolean => p.pricePerHour >= NEARLY * p.maxPricePerHour;

/** What would be leaked, were it not being ended; `-` where it is not known. */
export function untracked({ untrackedDollarsPerHour: lost }: ProviderStatus, color: boolean): string {
  if (lost === null) return '-';
  return lost === 0 ? 'none' : paint('red', `${dollars(lost)} per hour`, color);
}

export const credit = (p: ProviderStatus): string =>
  p.credit === null ? '-' : p.credit === 0 ? '$0' : dollars(p.credit);

/** What must not be overlooked: money that runs without a record of it. Empty: there is none. */
export function alarm({ providers }: BrokerStatus, color: boolean): string {
  const lost = providers.filter((p) => (p.untrackedDollarsPerHour ?? 0) > 0);
  if (lost.length === 0) return '';
  const where = lost.map((p) => `${dollars(p.untrackedDollarsPerHour ?? 0)} per hour at ${p.name}`).join(', ');
  return paint('red', `UNTRACKED ${where}: instances with our tag and no record; they are being ended`, color);
}
