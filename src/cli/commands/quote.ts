import type { Quote, QuotedOffer } from '../../../clients/typescript/src/types-market.ts';
import { type Column, columnTable } from '../columns.ts';
import type { Context } from '../context.ts';
import { countsByRule, dollars, paint, part, plain, resources, running, size } from '../format.ts';
import { usage } from '../parse.ts';
import { type RequirementFlags, requirementsOf } from '../requirements.ts';

export type QuoteFlags = RequirementFlags & { readonly limit?: number };

const MOST_OFFERS = 64;

/** What an acquire with the same requirements would get now. */
export async function quote(ctx: Context, className: string, f: QuoteFlags): Promise<void> {
  const { limit } = f;
  if (limit !== undefined && (limit < 1 || limit > MOST_OFFERS))
    throw usage('--limit', `a whole number, 1 to ${MOST_OFFERS}`);
  const requirements = requirementsOf(f);
  const found = await ctx.client.quote(
    {
      class: className,
      ...(Object.keys(requirements).length === 0 ? {} : { requirements }),
      ...(limit === undefined ? {} : { maxOffers: limit }),
    },
    { signal: ctx.signal },
  );
  if (ctx.json) ctx.document(found);
  else ctx.out(describe(found, ctx));
}

function describe(q: Quote, ctx: Context): string {
  const why = q.why === '' ? '' : paint('yellow', plain(q.why), ctx.color);
  const isNothing = q.readyInReserve === 0 && q.offers.length === 0;
  const parts = [
    isNothing ? `nothing to be had${why === '' ? '' : `: ${why}`}` : why,
    q.readyInReserve === 0
      ? ''
      : `${paint('green', `${q.readyInReserve} ready in the reserve`, ctx.color)}: an acquire gets one at once`,
    q.offers.length === 0 ? '' : offerTable(q.offers, ctx.columns),
    footer(q),
  ];
  return parts.filter((p) => p !== '').join('\n\n');
}

function footer(q: Quote): string {
  const suitable =
    q.suitable > q.offers.length ? `${q.suitable} offers at ${q.provider} would do, the best are shown` : '';
  const refused = countsByRule(q.refused);
  return [suitable, refused === '' ? '' : `refused: ${refused}`].filter((p) => p !== '').join('\n');
}

/** `optional`: of no use where it says nothing; a provider without a market has no such things. */
type OfferColumn = Column<QuotedOffer> & { readonly optional?: true };

const COLUMNS: readonly OfferColumn[] = [
  { heading: '>PER HOUR', cell: (o) => (o.pricePerHour === 0 ? 'free' : dollars(o.pricePerHour)) },
  { heading: '>DISK ALONE', cell: (o) => dollars(o.storagePricePerHour), goes: 4, optional: true },
  { heading: 'GPU', cell: ({ granted: g }) => (g.gpuCount === 0 ? '-' : gpuText(g)), optional: true },
  { heading: '~BESIDE IT', cell: (o) => resources({ ...o.granted, gpuCount: 0 }), goes: 2 },
  { heading: 'REGION', cell: (o) => plain(o.region) || '-', optional: true },
  { heading: 'MACHINE', cell: (o) => plain(o.machineId) || '-', optional: true },
  { heading: 'HOST', cell: (o) => plain(o.hostId) || '-', goes: 3, optional: true },
  { heading: '>STARTS IN', cell: (o) => (o.expectedStartMs === null ? '-' : running(o.expectedStartMs)) },
  {
    heading: '>RELIABILITY',
    cell: (o) => (o.reliability === null ? '-' : part(o.reliability)),
    goes: 1,
    optional: true,
  },
  { heading: 'NOTE', cell: (o) => (o.interruptible ? 'may be taken back' : '-'), optional: true },
];

function offerTable(offers: readonly QuotedOffer[], width: number): string {
  const columns = COLUMNS.filter((c) => !c.optional || offers.some((o) => c.cell(o) !== '-'));
  return columnTable(columns, offers, width);
}

const gpuText = (g: QuotedOffer['granted']): string =>
  `${g.gpuCount} x ${plain(g.gpuModel) || 'GPU'}${g.gpuMemoryBytes === 0 ? '' : ` ${size(g.gpuMemoryBytes)}`}`;
