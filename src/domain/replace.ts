import { bindInstance, factsOf } from './bind.ts';
import { costSoFar } from './cost.ts';
import { sameAddresses } from './endpoint.ts';
import type { Instance, InstanceIn } from './instance.ts';
import { noOffer } from './no-offer.ts';
import type { Proxy, ProxyIn } from './proxy.ts';
import type { Session, SessionIn } from './session.ts';
import type { ReplacePolicy, SessionClass } from './session-class.ts';
import type { EpochMs } from './time.ts';

type Active = SessionIn<'active'>;

/** Why an instance is not there any more, in words for people. */
export const failureOf = (i: Instance | undefined): string =>
  i !== undefined && (i.phase === 'destroying' || i.phase === 'gone') && i.detail !== ''
    ? i.detail
    : 'the instance is gone';

/** The session right after its instance was lost in use: it keeps its endpoint and waits for another instance. Where
 *  the one that was to replace it was surely never rented, that is no attempt.
 *  @param lost as far as there is a record of it */
export function loseInstance(s: Active, lost: Instance | undefined, detail: string, now: EpochMs): Active {
  const { offersGone: _, ...rest } = s;
  const again = s.replacing === undefined ? null : noOffer(s, lost);
  const off = again === null ? 0 : 1;
  return {
    ...rest,
    ...(again === null || again.offersGone === 0 ? {} : { offersGone: again.offersGone }),
    attempts: s.attempts - off,
    spentMicros: costSoFar(s, now, lost),
    paidFrom: null,
    replacing: {
      since: s.replacing?.since ?? now,
      detail: s.replacing !== undefined && off === 1 ? s.replacing.detail : detail,
      attempts: (s.replacing?.attempts ?? 0) - off,
      waitingFor: off === 1 ? detail : '',
    },
  };
}

/** What its class says of a lost instance, for this session: an address that is the instance's own cannot outlive it,
 *  whatever the class says by now. */
export const lossPolicy = (s: Session, c: Pick<SessionClass, 'onLoss'> | undefined): ReplacePolicy | null =>
  s.phase === 'active' && s.endpoint.stable ? (c?.onLoss ?? null) : null;

/** Why the session cannot wait any longer for another instance; null: it can.
 *  @param heldUntil nothing ends for its time before this: the clock has just jumped */
export function outOfReplacements(
  s: Active,
  policy: ReplacePolicy | null,
  heldUntil: EpochMs,
  now: EpochMs,
): string | null {
  if (s.replacing === undefined || policy === null) return null;
  const { attempts, detail, since, waitingFor } = s.replacing;
  if (now >= since + policy.withinMs && now >= heldUntil) {
    const why = waitingFor === '' ? '' : `: ${waitingFor}`;
    return `${detail}; it could not be replaced within ${Math.round(policy.withinMs / 1_000)} s${why}`;
  }
  if (attempts >= policy.attempts && s.paidFrom === null) return `${detail} (the last of ${attempts} replacements)`;
  return null;
}

/** The three records when another instance is to take the lost one's place: one commit. It becomes the session's only
 *  when it is ready and the proxy leads to it. */
export function replaceBy<I extends InstanceIn<'intended'> | InstanceIn<'ready'>>(
  s: Active,
  instance: I,
  proxy: ProxyIn<'serving'>,
  now: EpochMs,
): { readonly session: Active; readonly instance: I; readonly proxy: ProxyIn<'serving'> } {
  const own: I = { ...instance, for: s.id, proxy: proxy.id };
  const lost = s.replacing ?? { since: now, detail: '', attempts: 0, waitingFor: '' };
  return {
    session: {
      ...s,
      attempts: s.attempts + 1,
      instance: factsOf(own),
      paidFrom: now,
      replacing: { ...lost, attempts: lost.attempts + 1, waitingFor: '' },
    },
    instance: own,
    proxy: { ...proxy, instance: own.id },
  };
}

/** The session and its new instance once that serves behind the endpoint; null: not yet. */
export function finishReplacement(
  s: Active,
  i: Instance | undefined,
  p: Proxy | undefined,
  now: EpochMs,
): { readonly session: Active; readonly instance: InstanceIn<'bound'> } | null {
  if (s.replacing === undefined || i?.phase !== 'ready' || i.for !== s.id) return null;
  if (p?.phase !== 'serving' || p.instance !== i.id || !sameAddresses(p.upstream, i.addresses)) return null;
  const { replacing: _, offersGone: __, ...session } = s;
  return {
    session: { ...session, instance: factsOf(i), replacements: (s.replacements ?? 0) + 1 },
    instance: bindInstance(i, s, now),
  };
}
