import { describe, expect, it } from 'vitest';
import { codesOf, countriesOf, REGION_WORDS } from '../../src/domain/regions.ts';

describe('countriesOf', () => {
  it.each([
    ['North America', ['US', 'CA', 'MX'], ['DE', 'BR']],
    ['north-america', ['US', 'CA', 'MX'], ['DE']],
    ['NA', ['US', 'CA', 'MX'], ['NA']],
    ['EUROPE', ['DE', 'FR', 'GB', 'IT', 'ES', 'PL', 'CY'], ['US', 'JP']],
    ['eu', ['DE', 'SE'], ['US']],
    ['Asia', ['JP', 'KR', 'SG', 'IN', 'TW', 'CY'], ['DE', 'AU']],
    ['South_America', ['BR', 'AR', 'CL'], ['MX']],
    ['africa', ['ZA', 'EG', 'NA'], ['DE']],
    ['Oceania', ['AU', 'NZ'], ['JP']],
    ['world', ['US', 'DE', 'JP', 'BR', 'ZA', 'AU'], []],
  ])('knows the countries of %s', (word, has, hasNot) => {
    const countries = countriesOf(word) ?? [];
    expect(countries).toEqual(expect.arrayContaining(has));
    for (const code of hasNot) expect(countries).not.toContain(code);
  });

  it.each([
    ['us', 'US'],
    ['usa', 'US'],
    ['United States', 'US'],
    ['canada', 'CA'],
    ['ca', 'CA'],
    ['uk', 'GB'],
    ['gb', 'GB'],
    ['Germany', 'DE'],
    [' de ', 'DE'],
    ['namibia', 'NA'],
  ])('takes %j for the one country %s', (word, code) => {
    expect(countriesOf(word)).toEqual([code]);
  });

  it.each(['', 'Atlantis', 'ZZ', 'E', 'constructor', '__proto__', 'north'])('does not know %j', (word) => {
    expect(countriesOf(word)).toBeNull();
  });

  it('knows every word that messages name, and no country in none of its continents', () => {
    const named = REGION_WORDS.map((word) => countriesOf(word));
    expect(named).not.toContain(null);
    const continents = new Set(named.slice(0, 6).flatMap((c) => c ?? []));
    expect([...continents].toSorted()).toEqual(countriesOf('world'));
    for (const code of continents) expect(code).toMatch(/^[A-Z]{2}$/);
  });
});

describe('codesOf', () => {
  it('joins regions, each country once and in one order', () => {
    expect(codesOf(['de', 'us', 'Germany'])).toEqual(['DE', 'US']);
    expect(codesOf(['asia', 'europe']).filter((c) => c === 'CY')).toHaveLength(1);
  });

  it('is empty for anywhere, also where one region of many says so', () => {
    expect(codesOf([])).toEqual([]);
    expect(codesOf(['de', 'World'])).toEqual([]);
  });

  it('never takes a misspelt region for the whole world', () => {
    const codes = codesOf(['Atlantis']);
    expect(codes).toHaveLength(1);
    expect(countriesOf(codes[0] ?? '')).toBeNull();
  });
});
