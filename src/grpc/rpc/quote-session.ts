import type { SessionUseCases } from '../../engine/use-cases.ts';
import { type Edge, unary } from '../call.ts';
import { done, requirements } from '../decode.ts';
import { encodeQuote } from '../encode-market.ts';
import type { QuoteSessionRequest__Output as Request } from '../generated/berth/v1/QuoteSessionRequest.ts';
import type { QuoteSessionResponse as Response } from '../generated/berth/v1/QuoteSessionResponse.ts';
import { CLASS_NAME, DEFAULT_OFFERS, MAX_OFFERS } from '../rules.ts';
import { checkNumber, checkText, type Violations } from '../validate.ts';

export const quoteSession = (edge: Edge, sessions: SessionUseCases) =>
  unary<Request, Response>(edge, 'QuoteSession', 'client', async (request, caller, call) => {
    const bad: Violations = [];
    checkText(bad, 'class', request.class, CLASS_NAME);
    checkNumber(bad, 'max_offers', request.maxOffers, MAX_OFFERS);
    const input = {
      class: request.class,
      requirements: requirements(bad, request.requirements),
      limit: request.maxOffers || DEFAULT_OFFERS,
    };
    done(bad);
    // It may wait for its provider: a client that is gone, or a broker that stops, need not.
    const signal = edge.calls.signalOf(call);
    try {
      return encodeQuote(await sessions.quote(caller, input, signal));
    } catch (err) {
      throw edge.calls.causeOf(err, signal);
    }
  });
