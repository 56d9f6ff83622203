import { describe, expect, it } from 'vitest';
import { openBed } from '../simulators/vastai/bed.ts';
import { startBrowser } from '../support/browser.ts';

describe('The page of the simulator', () => {
  it('shows the market, the instances, the meter, the requests and the active faults', async () => {
    const bed = await openBed();
    const id = await bed.rent({ label: '<b>mine</b>' });
    await bed.fault('read_lag', { probability: 0.25 });
    await bed.advance(3600);
    const browser = await startBrowser();
    try {
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on('pageerror', (err) => errors.push(err.message));
      await page.goto(bed.url);
      await page.locator('#instances tr', { hasText: `${id}` }).waitFor();
      const textOf = (where: string) => page.locator(where).innerText();
      expect(await textOf('#instances')).toContain('<b>mine</b>');
      expect(await textOf('#instances')).toMatch(/running\s+running\s+success, running/);
      expect(await textOf('#figures')).toMatch(/\$0\.\d{4}\s*spent/);
      expect(await textOf('#figures')).toContain('stands still');
      expect(await textOf('#endpoints')).toMatch(/create\s+1\s+0\s+200: 1/);
      expect(await textOf('#faults')).toMatch(/read_lag.*0\.25/);
      expect(await page.locator('#machines tr').count()).toBe(161);
      await bed.destroy(id);
      await page.locator('#instances tr.gone', { hasText: 'destroyed' }).waitFor();
      expect(errors).toEqual([]);
    } finally {
      await browser.close();
      await bed.close();
    }
  });
});
