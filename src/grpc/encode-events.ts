import { factsOf } from '../domain/bind.ts';
import type { EventView, InstanceView } from '../engine/use-cases.ts';
import { encodeDollars, encodeInstance, encodeTime, encodeTimeOrNone } from './encode.ts';
import type { Event as WireEvent } from './generated/berth/v1/Event.ts';
import type { InstanceStatus as WireInstanceStatus } from './generated/berth/v1/InstanceStatus.ts';

export const encodeEvent = (e: EventView): WireEvent => ({
  id: e.id,
  time: encodeTime(e.at),
  kind: e.kind,
  subject: e.subject,
  class: e.class,
  tenant: e.tenant,
  actor: e.actor,
  before: e.before ?? '',
  after: e.after ?? '',
  reason: e.reason,
  detail: e.detail,
  sessionId: e.session ?? '',
});

export const encodeInstanceStatus = ({ instance: i, costMicros, progress }: InstanceView): WireInstanceStatus => ({
  instance: encodeInstance(factsOf(i)),
  class: i.class,
  phase: i.phase,
  phaseTime: encodeTime(i.since),
  sessionId: (i.phase === 'bound' ? i.session : i.for) ?? '',
  reason: 'why' in i ? i.why : '',
  detail: 'detail' in i ? i.detail : '',
  cost: encodeDollars(costMicros),
  progress,
  cause: 'cause' in i ? i.cause : '',
  runningTime: encodeTimeOrNone('runningAt' in i ? i.runningAt : null),
});
