import { describe, expect, it } from 'vitest';
import { exact, plain, running, short, size } from '../../src/cli/format.ts';
import {
  parseAmount,
  parseDuration,
  parseEnd,
  parseEnvFile,
  parsePair,
  parseRef,
  parseSize,
} from '../../src/cli/parse.ts';

describe('durations', () => {
  it.each([
    ['90s', 90_000],
    ['20m', 1_200_000],
    ['1h30m', 5_400_000],
    ['7d', 604_800_000],
    ['1.5h', 5_400_000],
    ['250ms', 250],
    ['0', 0],
  ])('reads %s', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(['', '20', '-5m', '5 m', '1h30', 'soon', '1e3s'])('refuses "%s" and says what is accepted', (text) =>
    expect(() => parseDuration(text)).toThrow(/such as 90s, 20m/),
  );
});

describe('sizes', () => {
  it.each([
    ['512Mi', 512 * 2 ** 20],
    ['2Gi', 2 ** 31],
    ['2GiB', 2 ** 31],
    ['10GB', 10e9],
    ['1.5g', 1.5e9],
    ['1k', 1_000],
    ['1048576', 1_048_576],
    ['64b', 64],
  ])('reads %s', (text, bytes) => expect(parseSize(text)).toBe(bytes));

  it.each(['', 'Mi', '-1Gi', '2Xi', '2 apples', '0x10'])('refuses "%s"', (text) =>
    expect(() => parseSize(text)).toThrow(/512Mi, 2Gi or 10GB/),
  );
});

describe('references', () => {
  it('tells ids, names and request ids apart', () => {
    const id = `s-${'0'.repeat(26)}`;
    expect(parseRef(id)).toEqual({ id });
    expect(parseRef('s-short')).toEqual({ name: 's-short' });
    expect(parseRef('request:a:b')).toEqual({ requestId: 'a:b' });
    expect(parseRef(`name:${id}`)).toEqual({ name: id });
    expect(parseRef('id:other')).toEqual({ id: 'other' });
    expect(() => parseRef('')).toThrow(/a session id, a name, or request:ID/);
  });
});

describe('other values', () => {
  it('splits amounts into what is kept and the most that may be used', () => {
    expect(parseAmount('1', Number)).toEqual({ request: 1 });
    expect(parseAmount('1:2', Number)).toEqual({ request: 1, limit: 2 });
    expect(parseAmount(':2Gi', parseSize)).toEqual({ limit: 2 ** 31 });
    for (const text of ['', ':', '1:2:3']) expect(() => parseAmount(text, Number)).toThrow(/REQUEST:LIMIT/);
  });

  it('keeps everything after the first = in a pair', () => {
    expect(parsePair('a=b=c', { z: '1' })).toEqual({ z: '1', a: 'b=c' });
    expect(parsePair('a=')).toEqual({ a: '' });
    for (const text of ['a', '=b', '']) expect(() => parsePair(text)).toThrow(/key=value/);
  });

  it('reads a file of variables and names the line that is wrong', () => {
    const text = '# comment\n\nexport A=1\nB="x y"\r\nC=\'\'\nD=a=b\n';
    expect(parseEnvFile(text, 'f')).toEqual({ A: '1', B: 'x y', C: '', D: 'a=b' });
    expect(() => parseEnvFile('A=1\nnonsense\n', '.env')).toThrow(/\.env, line 2/);
  });

  it('reads an end as an addition, from now, or a time', () => {
    expect(parseEnd('+30m', 0)).toEqual({ afterEndMs: 1_800_000 });
    expect(parseEnd('30m', 1_000)).toEqual({ at: new Date(1_801_000) });
    expect(parseEnd('2030-01-31T18:00Z', 0)).toEqual({ at: new Date(Date.UTC(2030, 0, 31, 18)) });
    expect(() => parseEnd('tomorrow', 0)).toThrow(/after its present end/);
  });
});

describe('formats', () => {
  it('are short where space is, and exact where it matters', () => {
    expect([short(4_900), short(185_000), short(7_300_000), short(2 * 86_400_000), short(-5)]).toEqual([
      '4s',
      '3m',
      '2h',
      '2d',
      '0s',
    ]);
    expect([exact(90_000), exact(5_400_000), exact(86_400_000), exact(0), exact(250)]).toEqual([
      '1m30s',
      '1h30m',
      '1d',
      '0s',
      '250ms',
    ]);
    expect([running(4_210), running(72_000)]).toEqual(['4.2 s', '1 min 12 s']);
    expect([size(0), size(512 * 2 ** 20), size(1.5 * 2 ** 30), size(2 ** 60)]).toEqual([
      '-',
      '512Mi',
      '1.5Gi',
      '1024Pi',
    ]);
  });

  it('let no foreign text steer the terminal', () => {
    expect(plain('a\u001b[2Jb\nc\u009b')).toBe('a [2Jb c ');
    expect(plain('ann\u202eevitca\u2028x\u2066\u200f')).toBe('ann evitca x  ');
    expect(plain('中文 👩‍👧 \u00e9 \ufeff')).toBe('中文 👩‍👧 \u00e9 \ufeff');
  });
});
