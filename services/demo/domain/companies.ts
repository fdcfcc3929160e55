import { regions } from './enterprise.ts';

/** A company that the water utility is, serves or hires. Every number is made up, with control digits that fit and a region that there is not. */
export interface Company {
  key: string;
  name: string;
  kind: 'own' | 'customer' | 'contractor';
  parent?: string;
  regions: readonly string[];
  skills: readonly { skill: string; level: number }[];
}

export interface Entity {
  key: string;
  name: string;
  organization: string;
  inn: string;
  kpp: string;
  ogrn: string;
  account: string;
}

export const bank = { bik: '049805746', correspondentAccount: '30101810800000000746', bankName: 'Банк «Родник»' };

const numbers = [
  ['0010204155', '1110030079191', '40702810600000001037'],
  ['0010205261', '1120030158380', '40702810100000001074'],
  ['0010206378', '1130030237578', '40702810500000001111'],
  ['0010207484', '1140030316766', '40702810900000001148'],
  ['0010208590', '1150030395954', '40702810400000001185'],
  ['0010209700', '1160030475142', '40702810800000001222'],
] as const;

const own: readonly Company[] = [
  { key: 'holding', name: 'Холдинг «Чистая вода»', kind: 'own', regions: [], skills: [] },
  ...regions.map(({ code, city }) => ({ key: code, name: `Водоканал ${city}`, kind: 'own' as const, parent: 'holding', regions: [], skills: [] })),
];

const customers: readonly Company[] = ['Администрация города Заречный', 'Управляющая компания «Уют»', 'Хлебозавод № 3', 'Областная больница'].map(
  (name, index) => ({
    key: `customer-${index + 1}`,
    name,
    kind: 'customer',
    regions: [],
    skills: [],
  }),
);

const contractors: readonly Company[] = (
  [
    ['ТехСервис', ['zar', 'sol'], ['servers', 'networks']],
    ['ВодоРемСтрой', ['zar', 'sol', 'vol'], ['pumps', 'welding']],
    ['ЭнергоМонтаж', ['vol', 'kam'], ['electrics']],
    ['Урал-Насос', ['kam', 'tay'], ['pumps', 'electrics']],
    ['СибПрибор', ['obs'], ['meters']],
    ['Быстрая сварка', ['zar', 'tay', 'obs'], ['welding']],
    ['Печать и копия', ['zar'], ['printers']],
    ['АСУ Проект', regions.map(({ code }) => code), ['scada']],
  ] as const
).map(([name, where, what], index) => ({
  key: `contractor-${index + 1}`,
  name: `ООО «${name}»`,
  kind: 'contractor',
  regions: where,
  skills: what.map((skill) => ({ skill, level: 4 })),
}));

export const companies: readonly Company[] = [...own, ...customers, ...contractors];

export const entities: readonly Entity[] = regions.map(({ code, city }, index) => {
  const [inn, ogrn, account] = numbers[index] ?? numbers[0];
  return { key: `entity-${code}`, name: `АО «Водоканал ${city}»`, organization: code, inn, kpp: '990101001', ogrn, account };
});

export interface Deal {
  key: string;
  name: string;
  contractor: string;
  regions: readonly string[];
  workKinds: readonly string[];
}

/** Each contractor has an agreement for what it can, where it works. */
export const deals: readonly Deal[] = contractors.map(({ key, name, regions: where, skills }, index) => ({
  key: `deal-${index + 1}`,
  name: `Договор подряда, ${name}`,
  contractor: key,
  regions: where,
  workKinds: skills.map(({ skill }) => skill),
}));
