/** How long something took [ms], with what came of it. */
export async function timed<T>(what: () => Promise<T>): Promise<{ readonly value: T; readonly tookMs: number }> {
  const from = performance.now();
  const value = await what();
  return { value, tookMs: performance.now() - from };
}

/** How long something took to fail [ms], and the error. @throws Error when it does not fail */
export async function failed(
  what: () => Promise<unknown>,
): Promise<{ readonly err: unknown; readonly tookMs: number }> {
  const from = performance.now();
  let value: unknown;
  try {
    value = await what();
  } catch (err) {
    return { err, tookMs: performance.now() - from };
  }
  throw new Error(`it did not fail: ${JSON.stringify(value)}`);
}

/** Whether the instance behind a session answers over HTTP, as itself. */
export async function answers(session: {
  readonly endpoint: { readonly ports: readonly { readonly url: string }[] } | null;
  readonly instance: { readonly id: string } | null;
}): Promise<boolean> {
  const url = session.endpoint?.ports[0]?.url;
  if (url === undefined) return false;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.headers.get('x-berth-instance') === session.instance?.id;
  } catch {
    return false;
  }
}
