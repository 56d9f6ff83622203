import { invalid } from '../../domain/errors.ts';
import type { SessionClass } from '../../domain/session-class.ts';
import type { EngineContext } from '../context.ts';

/** @throws BrokerError `invalid` that names the classes there are */
export function classNamed(ctx: EngineContext, name: string): SessionClass {
  const classes = ctx.classes.current();
  const c = classes.get(name);
  if (c !== undefined) return c;
  const accepted = [...classes.keys()].sort().join(', ');
  throw invalid([{ field: 'class', description: `"${name}" is not configured; accepted: ${accepted}` }]);
}
