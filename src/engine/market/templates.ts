import type { Instance } from '../../domain/instance.ts';
import type { SessionClass } from '../../domain/session-class.ts';
import type { EngineContext } from '../context.ts';

/** What the leader has read of a template: its hash, or why that cannot be told. */
export type Read = { readonly hash: string } | { readonly why: string };

/** Templates as they were at the last look, by provider and name. Only the leader looks, and only it makes instances. */
export type Templates = ReturnType<typeof createTemplates>;

export function createTemplates() {
  const reads = new Map<string, Read>();
  const keyOf = (provider: string, named: string): string => `${provider}/${named}`;
  return {
    of: (provider: string, named: string): Read | undefined => reads.get(keyOf(provider, named)),
    note(provider: string, named: string, read: Read): void {
      reads.set(keyOf(provider, named), read);
    },
  };
}

/** The template that a class names at a provider that has such; null: none. */
export const templateOf = ({ marketplaces }: Pick<EngineContext, 'marketplaces'>, c: SessionClass): string | null =>
  marketplaces.has(c.provider) ? (c.image?.template ?? null) : null;

/** What instances of a class are made from now: it changes with the class, and with its template. Where that cannot be
 *  told nothing is made, and nothing is outdated. */
export function recipeOf(
  ctx: Pick<EngineContext, 'marketplaces' | 'templates'>,
  c: SessionClass,
): { readonly recipe: string } | { readonly why: string } {
  const named = templateOf(ctx, c);
  if (named === null) return { recipe: c.recipe };
  const read = ctx.templates.of(c.provider, named);
  if (read === undefined) return { why: `template ${named} is being read` };
  return 'why' in read ? read : { recipe: `${c.recipe}-${read.hash.slice(0, HASH_CHARACTERS)}` };
}

/** Why what was intended is not made any more: made from what its class is now it would be something else than its
 *  record says. null: nothing speaks against it. */
export function whyNotMade(
  ctx: Pick<EngineContext, 'classes' | 'marketplaces' | 'templates'>,
  i: Pick<Instance, 'class' | 'provider' | 'recipe'>,
): string | null {
  const c = ctx.classes.current().get(i.class);
  if (c === undefined || c.provider !== i.provider) return 'its class is no longer configured';
  const now = recipeOf(ctx, c);
  return 'recipe' in now && now.recipe !== i.recipe ? 'its class has changed meanwhile' : null;
}

/** Enough to tell two versions of one template apart. */
const HASH_CHARACTERS = 8;
