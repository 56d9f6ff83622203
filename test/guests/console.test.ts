import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createClient } from '../../clients/typescript/src/client.ts';
import { type Served, serve, startHome } from '../e2e/served.ts';
import { OTHER_NAME, startBrowser } from '../support/browser.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/redis-server.ts';

const CLASSES = `
defaults:
  command: ["{{node}}", "{{berth}}/echo/server.cjs"]
  ports: [{ name: http }]
  readiness: { http: { path: /healthz }, interval: 100ms }
classes:
  echo: {}
  broken: { command: ["false"], start_attempts: 2 }
`;
const MARKUP = '<img src=x onerror="document.title=1">';

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

/** A broker whose console stays at one port over restarts. */
async function startBroker(env: Readonly<Record<string, string>> = {}, flags: readonly string[] = ['--clear-on-exit']) {
  const home = await startHome(CLASSES);
  const all = {
    BERTH_DATA_DIR: home.dir,
    BERTH_CLASSES: home.classFile,
    BERTH_LISTEN: `127.0.0.1:${await freePort()}`,
    BERTH_HTTP_LISTEN: `127.0.0.1:${await freePort()}`,
    BERTH_PROCESS_PORTS: '16500-16599',
    ...env,
  };
  let berth: Served | null = await serve(all, flags);
  const { client, http } = berth;
  onTestFinished(async () => {
    await berth?.stop();
    await home.end();
  });
  return {
    client,
    http,
    address: berth.address,
    async stop(): Promise<void> {
      await berth?.stop();
      berth = null;
    },
    async start(): Promise<void> {
      berth = await serve(all, ['--clear-on-exit']);
    },
  };
}

/** A page that must not complain: what the browser itself says against it is collected. */
async function openPage(url: string, o: BrowserContextOptions = {}, allowed = /(?!)/) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, ...o });
  const complaints: string[] = [];
  const page = await context.newPage();
  page.on('pageerror', (err) => complaints.push(String(err)));
  page.on('console', (m) => {
    if (['error', 'warning'].includes(m.type()) && !allowed.test(m.text())) complaints.push(m.text());
  });
  await page.goto(url);
  onTestFinished(() => context.close());
  return { page, complaints };
}

const sessionRow = (page: Page, id: string) => page.locator(`#sessions-table tr[data-key="${id}"]`);
const classRow = (page: Page, name: string) => page.locator(`#classes-table tr[data-key="${name}"]`);
const live = (page: Page) => page.locator('#link', { hasText: /^live$/ }).waitFor();

describe('The console in a browser', () => {
  it('shows a session as it comes, its owner as text, and ends it after asking', async () => {
    const { client, http } = await startBroker();
    const { page, complaints } = await openPage(http);
    await live(page);
    expect(new URL(page.url()).pathname).toBe('/console/');
    await page.getByText('No sessions.').waitFor();

    const { id } = await client.acquire({ class: 'echo', name: 'first', owner: MARKUP, labels: { note: MARKUP } });
    const row = sessionRow(page, id);
    await row.getByText('active', { exact: true }).waitFor();
    expect(await row.textContent()).toContain(MARKUP);
    await page.locator('#events-table').getByText('first').first().waitFor();

    await row.getByRole('button', { name: 'first', exact: true }).click();
    const details = page.getByRole('dialog', { name: 'first' });
    await details.getByText('label note').waitFor();
    expect(await details.textContent()).toContain(MARKUP);
    await page.keyboard.press('Escape');

    const end = row.getByRole('button', { name: 'End session first' });
    await end.focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'End this session?' });
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await page.locator(':focus').getAttribute('aria-label')).toBe('End session first');
    expect((await client.get({ id })).phase).toBe('active');

    await end.click();
    await dialog.getByLabel('Why').fill('maintenance tonight');
    await dialog.getByRole('button', { name: 'End session' }).click();
    await row.waitFor({ state: 'detached' });
    const ended = await eventually('its end', async () => {
      const s = await client.get({ id });
      return s.phase === 'released' ? s : null;
    });
    expect(ended).toMatchObject({ endReason: 'admin', endDetail: 'maintenance tonight' });
    expect(await page.title()).toBe('berth');
    expect(await page.locator('img').count()).toBe(1);
    expect(complaints).toEqual([]);

    // What it refuses would be seen: markup that came in all the same could still do nothing.
    await page
      .evaluate('document.body.innerHTML = "<img src=x>"')
      .catch((err: unknown) => complaints.push(String(err)));
    expect(complaints.join()).toContain('TrustedHTML');
  });

  it('sets the reserve and gives it back to the configuration', async () => {
    const { client, http } = await startBroker();
    const { page, complaints } = await openPage(http);
    const row = classRow(page, 'echo');
    await row.getByRole('button', { name: 'Set the reserve of echo' }).click();
    await page.getByLabel('Instances kept ready').fill('2');
    await page.keyboard.press('Enter');
    await row.getByText('2 of 2 ready').waitFor();
    expect(await row.textContent()).toMatch(/full.*local.*configured: 0/);
    expect((await client.reserves('echo'))[0]).toMatchObject({ target: 2, ready: 2, setBy: 'local' });
    expect(await page.locator('#instances-table tbody tr').count()).toBe(2);

    await row.getByRole('button', { name: 'Set the reserve of echo' }).click();
    await page.getByRole('button', { name: 'Back to 0, as configured' }).click();
    await row.getByText('none kept').waitFor();
    await page.getByText('No instances.').waitFor();

    await client.setReserve('broken', 1);
    await classRow(page, 'broken')
      .getByText(/failing|backing off/)
      .waitFor();
    expect(complaints).toEqual([]);
  });

  it('fits a phone, where each row is a card', async () => {
    const { client, http } = await startBroker({ BERTH_MAX_INSTANCES: '1' });
    const long = 'a-very-long-name-without-any-place-to-break-it-in-two-parts';
    const { id } = await client.acquire({ class: 'echo', name: long, owner: 'o'.repeat(120) });
    await client.acquire({ class: 'echo', waitMs: 0 });
    const { page, complaints } = await openPage(http, { viewport: { width: 360, height: 740 }, hasTouch: true });
    await sessionRow(page, id).getByText('active', { exact: true }).waitFor();
    await page.locator('#events-table').getByText(long).first().waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    const wide = await page.evaluate(`[...document.querySelectorAll('main *')]
      .filter((e) => e.getBoundingClientRect().right > 361 && !e.matches('.hidden, .hidden *, thead, thead *'))
      .map((e) => e.outerHTML.slice(0, 100))`);
    expect(wide).toEqual([]);
    await page.getByRole('button', { name: `End session ${long}` }).click();
    const box = await page.getByRole('dialog').boundingBox();
    expect(box).toMatchObject({ width: expect.closeTo(328, -1) });
    expect(await page.getByRole('table', { name: 'Living sessions' }).getByRole('row').count()).toBeGreaterThan(2);
    expect(complaints).toEqual([]);
  });

  it('asks for a token before it changes anything once there are tokens, and keeps it in its tab', async () => {
    const { client, http, address } = await startBroker();
    const { page, complaints } = await openPage(http, {}, /status of 401/);
    await live(page);
    const { secret, token } = await client.createToken({ tenant: 'ops', role: 'admin' });
    const admin = createClient({ address, token: secret, retryForMs: 0 });
    onTestFinished(() => admin.close());
    await page.reload();
    const row = classRow(page, 'echo');
    await row.getByRole('button', { name: 'Set the reserve of echo' }).click();
    const prompt = page.getByRole('dialog', { name: 'Admin token' });
    await prompt.getByLabel('Token').fill('not-the-token');
    await page.keyboard.press('Enter');
    await prompt.getByText('The token is unknown or was revoked.').waitFor();
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
    await prompt.getByLabel('Token').fill(secret);
    await page.keyboard.press('Enter');
    await prompt.waitFor({ state: 'detached' });
    await page.getByLabel('Instances kept ready').fill('1');
    await page.keyboard.press('Enter');
    await row.getByText('1 of 1 ready').waitFor();
    expect((await admin.reserves('echo'))[0]).toMatchObject({ setBy: token.id });
    expect(page.url()).not.toContain(secret);
    expect(await page.evaluate('[sessionStorage.length, localStorage.length, document.cookie]')).toEqual([1, 0, '']);

    await page.getByRole('button', { name: 'Forget token' }).click();
    await page.getByRole('button', { name: 'Admin token' }).waitFor();
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
    await row.getByText('1 of 1 ready').waitFor();
    expect(complaints).toEqual([]);
  });

  it('shows nothing under a name that is not this machine, until an admin token is given', async () => {
    const { client, http, address } = await startBroker();
    const { id } = await client.acquire({ class: 'echo' });
    const { page, complaints } = await openPage(http.replace('127.0.0.1', OTHER_NAME), {}, /status of 40[13]/);
    await page.getByText('This broker has no tokens yet and shows itself only on its own machine').waitFor();
    expect(await page.getByText('unencrypted connection').isVisible()).toBe(true);
    expect(await page.locator('#sessions-table tbody').textContent()).toBe('No sessions.');

    const { secret } = await client.createToken({ tenant: 'ops', role: 'admin' });
    const admin = createClient({ address, token: secret, retryForMs: 0 });
    onTestFinished(() => admin.close());
    const guest = await admin.createToken({ tenant: 'a', role: 'client' });
    await page.reload();
    const prompt = page.getByRole('dialog', { name: 'Admin token' });
    await prompt.getByText('This console wants an admin token.').waitFor();
    await prompt.getByLabel('Token').fill(guest.secret);
    await page.keyboard.press('Enter');
    await prompt.getByText(/client's token, of tenant "a".*admin tokens only/).waitFor();
    await prompt.getByLabel('Token').fill(secret);
    await page.keyboard.press('Enter');
    await sessionRow(page, id).getByText('active', { exact: true }).waitFor();
    await page.getByRole('button', { name: /^End session/ }).click();
    await page.getByRole('button', { name: 'End session', exact: true }).click();
    await sessionRow(page, id).waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
  });

  it('says that the broker is away, and goes on by itself when it is back', async () => {
    const berth = await startBroker({}, []);
    const { id } = await berth.client.acquire({ class: 'echo', name: 'stays' });
    const { page, complaints } = await openPage(berth.http, {}, /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED/);
    await sessionRow(page, id).getByText('active', { exact: true }).waitFor();
    await berth.stop();
    await page.locator('#link', { hasText: /^disconnected, trying again in \d+ s$/ }).waitFor();
    expect(await sessionRow(page, id).count()).toBe(1);
    await berth.start();
    await live(page);
    await sessionRow(page, id).getByText('active', { exact: true }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('stays quick with a thousand sessions, and keeps the rows that do not change', async () => {
    const { client, http } = await startBroker({ BERTH_MAX_INSTANCES: '0' });
    const make = (n: number) => client.acquire({ class: 'echo', owner: `user-${n}`, waitMs: 0 });
    for (let n = 0; n < 1_000; n += 50) await Promise.all(Array.from({ length: 50 }, (_, i) => make(n + i)));
    const { page, complaints } = await openPage(http);
    await page.getByText('1–25 of 1,000').waitFor();
    await page.evaluate(`longTasks = [0];
      new PerformanceObserver((list) => longTasks.push(...list.getEntries().map((e) => e.duration)))
        .observe({ type: 'longtask' });
      document.querySelector('#sessions-table tbody tr:nth-child(20)').setAttribute('data-mark', 'kept');`);
    await make(1_000);
    await page.getByText('1–25 of 1,001').waitFor();
    expect(await page.locator('[data-mark=kept]').count()).toBe(1);
    await page.getByLabel('Find').first().fill('user-77');
    await page.getByText('1–11 of 11 · 1,001 in all').waitFor();
    await page.getByLabel('Find').first().fill('');
    await page.locator('#sessions-sort').selectOption('queue');
    await page.getByRole('button', { name: 'Next sessions' }).click();
    await page.getByText('26–50 of 1,001').waitFor();
    const longest = await page.evaluate('Math.max(...longTasks)');
    expect(longest).toBeLessThan(500);
    expect(complaints).toEqual([]);
  });
});
