import { unifyLookAlikes } from './look-alikes.ts';

// Canonical word -> ways of writing it. `ул` and `г` are what is meant when nothing is said, so they are left out of the comparable text.
const streets: Readonly<Record<string, string>> = {
  ул: 'ул улица',
  'пр-кт': 'пр-кт пр-т проспект просп',
  пер: 'пер переулок',
  'б-р': 'б-р бульвар бульв',
  шоссе: 'шоссе ш',
  наб: 'наб набережная',
  пл: 'пл площадь',
  проезд: 'проезд пр-д',
  туп: 'туп тупик',
  мкр: 'мкр микрорайон мкрн м-н',
  'кв-л': 'кв-л квартал',
  тер: 'тер территория',
  аллея: 'аллея ал',
};
const settlements: Readonly<Record<string, string>> = {
  г: 'г гор город',
  село: 'село с',
  дер: 'дер деревня д',
  пос: 'пос поселок п',
  рп: 'рп',
  пгт: 'пгт',
  хутор: 'хутор х',
  'ст-ца': 'ст-ца станица',
  обл: 'обл область',
  край: 'край',
  респ: 'респ республика',
  'р-н': 'р-н район',
};
const houses: Readonly<Record<string, string>> = {
  дом: 'дом д',
  корп: 'корп корпус к',
  стр: 'стр строение с',
  лит: 'лит литер литера',
  вл: 'вл владение',
  кв: 'кв квартира',
  оф: 'оф офис',
  пом: 'пом помещение помещ',
  эт: 'эт этаж',
  каб: 'каб кабинет',
  ком: 'ком комната',
};

function index(groups: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(groups).flatMap(([word, ways]) => ways.split(' ').map((way): [string, string] => [unifyLookAlikes(way), word])));
}
const streetWords = index(streets);
const settlementWords = index(settlements);
const houseWords = index(houses);
const meantAnyway = new Set(['ул', 'г']);

/** "г. Уфа, ул. Ленина, д. 12, корп. 3" and "Уфа, Ленина ул, 12к3" as one text. The country and the postcode are left out; a region stays, because without it a village is not told. */
export function normalisePostalAddress(folded: string): string {
  const parts = folded
    .replace(/российская федерация/g, 'россия')
    .replace(/\.(?=\S)/g, '. ')
    .split(',')
    .flatMap((part) => readPart(toTokens(part)));
  return parts.filter((part) => part !== '').join(', ');
}

function toTokens(part: string): string[] {
  const tokens = part
    .split(' ')
    .map((token) => token.replace(/[.;]+$/g, ''))
    .flatMap(splitHouse)
    .map(unifyLookAlikes)
    .filter((token) => token !== '' && !/^\d{6}$/.test(token) && token !== 'рф' && token !== unifyLookAlikes('россия'));
  // "12 а" is house 12а, unless the letter tells what the next number is: 12 к 3.
  return tokens.flatMap((token, at) => {
    const next = tokens[at + 1];
    if (isHouseLetter(token) && /^\d+$/.test(tokens[at - 1] ?? '') && !isNumber(next)) return [];
    return /^\d+$/.test(token) && next !== undefined && isHouseLetter(next) && !isNumber(tokens[at + 2]) ? [`${token}${next}`] : [token];
  });
}

/** 12к3стр1 -> 12, к, 3, стр, 1; 12а and 1б2 stay. */
function splitHouse(token: string): string[] {
  const pieces = token.match(/[\d/]+|[^\d/]+/g) ?? [];
  const isHouse = pieces.length > 2 && pieces.every((piece, at) => (at % 2 === 0 ? isNumber(piece) : houseWords.has(unifyLookAlikes(piece))));
  return isHouse ? pieces : [token];
}

function isHouseLetter(token: string | undefined): boolean {
  return token !== undefined && /^[а-яa-z]$/.test(token);
}

function isNumber(token: string | undefined): boolean {
  return token !== undefined && /^\d/.test(token);
}

/** The parts of what stands between two commas. */
function readPart(tokens: readonly string[]): string[] {
  const parts: string[] = [];
  let words: string[] = [];
  let type: string | undefined;
  const close = () => {
    if (words.length > 0) parts.push(write(type, words));
    words = [];
    type = undefined;
  };
  for (const [at, token] of tokens.entries()) {
    const next = tokens[at + 1];
    const house = houseWords.get(token);
    const place = streetWords.get(token) ?? settlementWords.get(token);
    if (house !== undefined && (isNumber(next) || (house === 'лит' && next !== undefined))) {
      close();
      type = house;
    } else if (isNumber(token) && isLastOfPart(tokens, at) && (words.length > 0 || type === undefined) && !isHouseType(type)) {
      close();
      parts.push(write('дом', [token]));
    } else if (place !== undefined && words.length === 0 && type === undefined && next !== undefined) {
      type = place;
    } else if (place !== undefined && words.length > 0 && type === undefined && (next === undefined || isNumber(next))) {
      type = place; // "Ленина ул."
      close();
    } else if (place !== undefined && words.length > 0 && token.length > 1 && next !== undefined) {
      close(); // "Уфа ул. Ленина"
      type = place;
    } else {
      words.push(token);
      if (isHouseType(type)) close();
    }
  }
  close();
  return parts;
}

function isHouseType(type: string | undefined): boolean {
  return type !== undefined && type in houses;
}

/** A number is a house when nothing but what belongs to a house comes after it: in "8 Марта" it is the street. */
function isLastOfPart(tokens: readonly string[], at: number): boolean {
  const next = tokens[at + 1];
  return next === undefined || next === '/' || (houseWords.has(next) && isNumber(tokens[at + 2]));
}

function write(type: string | undefined, words: readonly string[]): string {
  if (type === undefined && words.length === 1 && isNumber(words[0])) return `дом ${words[0]}`;
  return type === undefined || meantAnyway.has(type) ? words.join(' ') : `${type} ${words.join(' ')}`;
}
