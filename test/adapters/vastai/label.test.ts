import { describe, expect, it } from 'vitest';
import { isSpoiled, labelOf, parseLabel } from '../../../src/adapters/vastai/label.ts';

const TAG = 'i-0000000000000000000000000a';
const MARK = { class: 'comfyui', recipe: '0123456789abcdef', reserve: true };

describe('The label of an instance', () => {
  it('says whose it is, which, and what it was made from and for', () => {
    for (const reserve of [true, false]) {
      const mark = { ...MARK, reserve };
      expect(parseLabel('broker-1', labelOf('broker-1', TAG, mark) ?? '')).toEqual({ tag: TAG, mark });
    }
  });

  it('fits in what Vast.ai takes with the longest names that there are', () => {
    expect(labelOf('i'.repeat(32), TAG, { ...MARK, class: 'c'.repeat(63) })?.length).toBeLessThanOrEqual(256);
    expect(labelOf('i', TAG, { ...MARK, recipe: 'r'.repeat(256) })).toBeNull();
  });

  it('is none where a part would be read as two', () => {
    expect(labelOf('i', TAG, { ...MARK, class: 'a/b' })).toBeNull();
  });

  it.each([
    '',
    'jupyter',
    'berth',
    'berth/broker-1',
    `berth/broker-1/${TAG}`,
    `berth/broker-1/${TAG}/comfyui/0123/reserve/more`,
    `berth/broker-1/${TAG}/comfyui/0123/maybe`,
    `berth/broker-1/${TAG}//0123/reserve`,
    'berth/broker-1/i-short/comfyui/0123/reserve',
    `berth/broker-2/${TAG}/comfyui/0123/reserve`,
    `berth/broker/${TAG}/comfyui/0123/reserve`,
    ` berth/broker-1/${TAG}/comfyui/0123/reserve`,
    `Berth/broker-1/${TAG}/comfyui/0123/reserve`,
  ])('of anybody else is not ours: "%s"', (label) => {
    expect(parseLabel('broker-1', label)).toBeNull();
  });

  it('is known for spoiled where only its beginning is ours', () => {
    expect(isSpoiled('broker-1', 'berth/broker-1/mine now')).toBe(true);
    expect(isSpoiled('broker-1', 'berth/broker-2/mine now')).toBe(false);
    expect(isSpoiled('broker-1', labelOf('broker-1', TAG, MARK) ?? '')).toBe(false);
  });
});
