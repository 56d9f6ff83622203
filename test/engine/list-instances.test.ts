import { describe, expect, it } from 'vitest';
import { HOUR } from '../../src/domain/time.ts';
import { listInstances } from '../../src/engine/calls/list-instances.ts';
import { createMirror } from '../../src/engine/records/mirror.ts';
import { ADMIN, engineBed } from '../support/engine-bed.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { aClass, anInstance, instanceId } from '../support/fixtures.ts';

describe('ListInstances', () => {
  it('tells every instance in the order of creation, page by page', async () => {
    const target = { ...aClass().reserve, target: 5, maxAtOnce: 5 };
    const bed = await engineBed({ classes: [aClass({ reserve: target }), aClass({ name: 'other' })] });
    await bed.until('the reserve is full', () => bed.ready() === 5);
    const { session } = await bed.acquire({ class: 'other' });
    const page = (pageToken: string, className: string | null = null) =>
      bed.engine.admin.instances(ADMIN, { pageSize: 4, pageToken, class: className });
    const first = await page('');
    const second = await page(first.nextPageToken);
    expect([first.instances.length, second.instances.length, second.nextPageToken]).toEqual([4, 2, '']);
    const all = [...first.instances, ...second.instances];
    const ids = all.map((v) => v.instance.id);
    expect(ids).toEqual([...ids].sort());
    const other = await page('', 'other');
    expect(other.instances).toMatchObject([{ instance: { phase: 'bound', session: session.id, class: 'other' } }]);
    await expect(page('i-nonsense')).rejects.toMatchObject({ code: 'invalid' });
  });

  it('counts the cost from when an instance was rented, and none before', () => {
    const mirror = createMirror();
    const clock = fakeClock();
    const rentedAt = clock.now() - HOUR;
    const dear = { microsPerHour: 1_000 };
    const all = [
      anInstance('requested', { id: instanceId(1), ...dear }),
      anInstance('booting', { id: instanceId(2), rentedAt, ...dear }),
      anInstance('destroying', { id: instanceId(3), rentedAt, ...dear }),
      anInstance('destroying', { id: instanceId(4), rentedAt: null, ...dear }),
    ];
    for (const i of all) mirror.apply('instance', i.id, 1, i);
    const { instances } = listInstances({ mirror, clock }, ADMIN, { pageSize: 9, pageToken: '', class: null });
    expect(instances.map((v) => v.costMicros)).toEqual([0, 1_000, 1_000, 0]);
  });
});
