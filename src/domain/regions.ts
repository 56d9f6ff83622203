/** Countries by continent, ISO 3166-1 alpha-2, as the United Nations sort them (M49); Central America and the Caribbean
 *  are in North America. Cyprus is in Asia there: as a member of the European Union it is in both here. XK is no ISO
 *  code, but markets use it for Kosovo. */
const CONTINENTS = {
  'north america': `AG AI AW BB BL BM BQ BS BZ CA CR CU CW DM DO GD GL GP GT HN HT JM KN KY LC MF MQ MS MX NI PA PM PR
    SV SX TC TT US VC VG VI`,
  'south america': 'AR BO BR BV CL CO EC FK GF GS GY PE PY SR UY VE',
  europe: `AD AL AT AX BA BE BG BY CH CY CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE LI LT LU LV MC MD ME
    MK MT NL NO PL PT RO RS RU SE SI SJ SK SM UA VA XK`,
  asia: `AE AF AM AZ BD BH BN BT CN CY GE HK ID IL IN IQ IR JO JP KG KH KP KR KW KZ LA LB LK MM MN MO MV MY NP OM PH PK
    PS QA SA SG SY TH TJ TL TM TR TW UZ VN YE`,
  africa: `AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW IO KE KM LR LS LY MA MG ML MR MU MW MZ
    NA NE NG RE RW SC SD SH SL SN SO SS ST SZ TD TF TG TN TZ UG YT ZA ZM ZW`,
  oceania: 'AS AU CC CK CX FJ FM GU HM KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TO TV UM VU WF WS',
} as const;

/** What stands for a continent or a country beside their names. */
const SHORT: ReadonlyMap<string, string> = new Map([
  // Before the code of Namibia, which has its name: whoever writes NA of a market means the continent.
  ['na', 'north america'],
  ['eu', 'europe'],
  ['usa', 'US'],
  ['uk', 'GB'],
  ['britain', 'GB'],
  ['korea', 'KR'],
  ['turkey', 'TR'],
  ['czech republic', 'CZ'],
  ['hong kong', 'HK'],
  ['macau', 'MO'],
  ['uae', 'AE'],
]);

const ANYWHERE: readonly string[] = ['world', 'global', 'anywhere'];

/** For messages and class files, in lower case: what stands for more than a country, and the usual short forms. English
 *  names of countries and their codes are known as well. */
export const REGION_WORDS: readonly string[] = [...Object.keys(CONTINENTS), 'world', 'na', 'eu', 'usa', 'uk', 'canada'];

const split = (codes: string): readonly string[] => codes.trim().split(/\s+/);
const byContinent = new Map(Object.entries(CONTINENTS).map(([name, codes]) => [name, split(codes)]));
const ALL: readonly string[] = [...new Set([...byContinent.values()].flat())].toSorted();
const known = new Set(ALL);
const countryNames = new Intl.DisplayNames(['en'], { type: 'region' });
const byName = new Map(ALL.map((code) => [spelled(countryNames.of(code) ?? code), code]));

/** As it is compared: `north-america` and `North_America` are the same words. */
function spelled(word: string): string {
  return word
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ');
}

/** The two-letter codes of a continent, a country or the world, whatever its case; null: it is none that is known. */
export function countriesOf(word: string): readonly string[] | null {
  const asked = spelled(word);
  if (ANYWHERE.includes(asked)) return ALL;
  const name = SHORT.get(asked) ?? asked;
  const continent = byContinent.get(name);
  if (continent !== undefined) return continent;
  const code = name.toUpperCase();
  const country = known.has(code) ? code : byName.get(name);
  return country === undefined ? null : [country];
}

/** The two-letter codes of all these regions, sorted. Empty: anywhere, which one of them may say. Unknown words allow
 *  nothing, so that a misspelt region is never taken for the whole world. */
export function codesOf(words: readonly string[]): readonly string[] {
  const codes = new Set<string>();
  for (const word of words) {
    const countries = countriesOf(word) ?? [spelled(word)];
    if (countries === ALL) return [];
    for (const code of countries) codes.add(code);
  }
  return [...codes].toSorted();
}

/** What is accepted for a region, in words for people. */
export const ACCEPTED_REGIONS = `${REGION_WORDS.join(', ')}, a country's English name or its two-letter code`;

/** For whoever reads class files. */
export const REGIONS = { accepts: ACCEPTED_REGIONS, isKnown: (word: string): boolean => countriesOf(word) !== null };
