import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startBed } from '../http/console-bed.ts';
import { startBrowser } from '../support/browser.ts';
import { anInstance, aSession, instanceId, sessionId } from '../support/fixtures.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

/** The console of an installation with a market, in a real browser. */
async function openConsole(o: BrowserContextOptions = {}) {
  const bed = await startBed();
  const id = instanceId(7);
  const { mirror } = bed;
  const progress = 'pulling layer 3 of 9';
  const starting = aSession('starting', { id: sessionId(1) });
  mirror.apply('session', starting.id, 1, starting);
  const made = { for: starting.id, provider: 'vastai', progress };
  mirror.apply('instance', starting.instance.id, 1, anInstance('booting', { ...made, id: starting.instance.id }));
  const failed = { why: 'lost', cause: 'offline', detail: 'no answer for 5 min' } as const;
  mirror.apply('instance', id, 1, anInstance('destroying', { id, provider: 'vastai', ...failed }));
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, ...o });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (err) => complaints.push(String(err)));
  page.on('console', (m) => {
    if (['error', 'warning'].includes(m.type())) complaints.push(m.text());
  });
  await page.goto(`${bed.origin}/console/`);
  await page.locator('#link', { hasText: /^live$/ }).waitFor();
  await page.locator('#machines-table tbody tr[data-key]').first().waitFor();
  /** The page is told once in a second of the broker's clock. */
  const tick = () => bed.clock.advance(1_000);
  return { ...bed, page, complaints, starting, tick };
}

describe('The console of a market', () => {
  it('shows what is banned first and why, what is spent, lost and left, and how far a start is', async () => {
    const { page, complaints, starting } = await openConsole();
    const row = (table: string, key: string) => page.locator(`#${table}-table tr[data-key="${key}"]`);
    const rows = await page.locator('#machines-table tbody tr').allTextContents();
    expect(rows.map((text) => /banned/.test(text))).toEqual([true, true, false, false]);
    expect(await row('machines', 'vastai:4800:').textContent()).toMatch(
      /host h-9.*banned.*for \d+ d.*more.*slow-start.*i-1 took 25 min/,
    );
    expect(await row('machines', 'vastai:4711:').textContent()).toMatch(/may be rented.*12.*80 s.*141 s.*1/);
    expect(await row('costs', 'default').textContent()).toMatch(/2\$0\.720\/h\$1\.50.*\$2\.75/);
    expect(await page.locator('#costs').textContent()).toContain('the reserve $0.360/h');
    expect(await row('providers', 'vastai').textContent()).toMatch(
      /3 of 20.*\$1\.05\/h.*of \$5\.00\/h.*\$0\.350\/h.*\$42\.50/,
    );
    expect(await page.locator('#notice').textContent()).toContain('Untracked instances cost $0.350/h');
    expect(await row('sessions', starting.id).textContent()).toContain('pulling layer 3 of 9');
    expect(await row('instances', instanceId(7)).textContent()).toContain('lost (offline)');

    await page.locator('#machines-state').selectOption('banned');
    expect(await page.locator('#machines-table tbody tr').count()).toBe(2);
    expect(complaints).toEqual([]);
  });

  it('tells a credit that is used up, or overdrawn, from one that is not known', async () => {
    const { page } = await openConsole();
    const told = "import('/console/format.js').then(({ credit }) => [null, 0, -1_500_000].map(credit))";
    expect(await page.evaluate(told)).toEqual(['–', '$0.00', '-$1.50']);
  });

  it('stops and allows renting after asking, for all to see who did and why', async () => {
    const { page, complaints, engine, tick } = await openConsole();
    await page.getByRole('button', { name: 'Stop renting…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Stop all renting?' });
    await dialog.getByLabel('Why').fill('the bill is strange');
    await dialog.getByRole('button', { name: 'Stop renting' }).click();
    await dialog.waitFor({ state: 'detached' });
    const status = async () => (await engine.admin.status({ tenant: 'default', role: 'admin', name: 'x' })).renting;
    expect(await status()).toMatchObject({ on: false, by: 'local', why: 'the bill is strange' });
    await tick();
    await page.getByText('Renting is off: nothing new is rented.').waitFor();
    expect(await page.locator('#tiles').textContent()).toContain('the bill is strange');
    await page.getByRole('button', { name: 'Allow renting…' }).click();
    await page.getByRole('button', { name: 'Allow renting', exact: true }).click();
    await tick();
    await page.getByRole('button', { name: 'Stop renting…' }).waitFor();
    expect(await status()).toMatchObject({ on: true });
    expect(complaints).toEqual([]);
  });

  it('bans a machine with a reason, and takes a ban back', async () => {
    const { page, complaints } = await openConsole();
    await page.getByRole('button', { name: 'Ban machine 4711', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Ban machine 4711?' });
    await dialog.getByRole('button', { name: 'Ban' }).click();
    await dialog.getByText('Say why').waitFor();
    await dialog.getByLabel('Why').fill('its disk is full');
    await dialog.getByLabel('Days').fill('3');
    await dialog.getByRole('button', { name: 'Ban' }).click();
    const row = page.locator('#machines-table tr[data-key="vastai:4711:"]');
    await row.getByText('its disk is full').waitFor();
    await page.getByRole('button', { name: 'Unban machine 4711' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Unban' }).click();
    await row.getByText('may be rented').waitFor();
    expect(complaints).toEqual([]);
  });

  it('fits a phone', async () => {
    const { page, complaints } = await openConsole({ viewport: { width: 360, height: 740 }, hasTouch: true });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    expect(complaints).toEqual([]);
  });
});
