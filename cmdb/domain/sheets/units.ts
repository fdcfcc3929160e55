/** A unit as it is compared: `м³/ч`, `м3/час` and `куб.м/ч` are not told apart further than this. */
export function tidyUnit(unit: string): string {
  return unit
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll('ё', 'е')
    .replace(/[\s.*·^]/g, '')
    .replace(/час$/, 'ч');
}

/** How units are written in Russian, and in other ways; the rest are written as they are. */
const forms: ReadonlyMap<string, string> = new Map(
  Object.entries({
    kw: ['квт'],
    w: ['вт'],
    mw: ['мвт'],
    kva: ['ква'],
    v: ['в'],
    a: ['а'],
    'm3/h': ['м3/ч', 'кубм/ч', 'мкуб/ч', 'm3/hour'],
    'm3/d': ['м3/сут', 'м3/сутки', 'кубм/сут', 'm3/day'],
    m3: ['м3', 'кубм', 'мкуб', 'кубометр'],
    m2: ['м2', 'квм', 'мкв'],
    m: ['м', 'метр', 'метров'],
    mm: ['мм'],
    km: ['км'],
    l: ['л', 'литр', 'литров', 'liters', 'litres'],
    kg: ['кг'],
    t: ['т', 'тонн'],
    min: ['мин', 'минут', 'minutes'],
    h: ['ч', 'час', 'hours'],
    rub: ['руб', 'р', '₽', 'рублей'],
    gb: ['гб', 'гбайт'],
    mb: ['мб', 'мбайт'],
    tb: ['тб', 'тбайт'],
    'mbit/s': ['мбит/с', 'мбит/сек', 'mbps'],
    'gbit/s': ['гбит/с', 'гбит/сек', 'gbps'],
    rpm: ['об/мин'],
    u: ['юнит', 'юнитов', 'units'],
    '°': ['град', 'градусов', 'deg'],
    '″': ['"', 'дюйм', 'дюймов', 'inch', 'in'],
  }).flatMap(([unit, words]) => words.map((word): [string, string] => [word, unit])),
);

/** kW and кВт are one unit, kW and Вт are not. */
export function isSameUnit(one: string, other: string): boolean {
  const form = (unit: string) => forms.get(tidyUnit(unit)) ?? tidyUnit(unit);
  return form(one) === form(other);
}
