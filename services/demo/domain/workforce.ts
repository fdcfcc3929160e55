import { regions } from './enterprise.ts';
import { nameSomebody } from './names.ts';
import { people as accountHolders } from './people.ts';
import type { Random } from './random.ts';

/** Somebody who works for the water utility; the others are named by their keys. */
export interface Worker {
  key: string;
  familyName: string;
  givenName: string;
  middleName?: string;
  position: string;
  organization: string;
  department: string;
  site: string;
  schedule: string;
  manager?: string;
  timeZone: string;
  email: string;
  mobile: string;
  vip: boolean;
  skills: { skill: string; level: number }[];
}

export interface Department {
  key: string;
  name: string;
  organization: string;
  parent?: string;
  manager: string;
}

export interface Team {
  key: string;
  name: string;
  line: number;
  members: { worker: string; role: 'member' | 'lead' | 'dispatcher' }[];
  skills: { skill: string; level: number }[];
}

export interface Leave {
  key: string;
  worker: string;
  kind: 'vacation' | 'sick_leave' | 'business_trip';
  startsAt: number;
  endsAt: number;
  deputy: string;
}

export interface Workforce {
  workers: Worker[];
  departments: Department[];
  teams: Team[];
  leaves: Leave[];
}

/** What can be done in the utility: key, Russian, English. */
export const skills = [
  ['networks', 'Сети передачи данных', 'Networks'],
  ['servers', 'Серверы и СХД', 'Servers and storage'],
  ['workplaces', 'Рабочие места', 'Workplaces'],
  ['printers', 'Печать', 'Printing'],
  ['erp', '1С и учётные системы', 'ERP'],
  ['scada', 'АСУ ТП', 'SCADA'],
  ['pumps', 'Насосное оборудование', 'Pumps'],
  ['meters', 'Приборы учёта', 'Metering'],
  ['electrics', 'Электрика', 'Electrics'],
  ['welding', 'Сварка', 'Welding'],
  ['telephony', 'Телефония', 'Telephony'],
  ['security', 'Информационная безопасность', 'Information security'],
] as const;

interface Plan {
  key: string;
  name: string;
  position: string;
  /** In a regional company, and in the holding with its shared service centre. */
  inRegion: number;
  inHolding: number;
  skills: readonly string[];
  isOnShift?: boolean;
}

const plans: readonly Plan[] = [
  {
    key: 'it',
    name: 'Служба ИТ',
    position: 'Инженер ИТ',
    inRegion: 4,
    inHolding: 22,
    skills: ['networks', 'servers', 'workplaces', 'printers', 'telephony', 'security', 'erp'],
  },
  { key: 'finance', name: 'Казначейство и бухгалтерия', position: 'Бухгалтер', inRegion: 6, inHolding: 12, skills: ['erp'] },
  { key: 'hr', name: 'Кадры', position: 'Специалист по кадрам', inRegion: 2, inHolding: 7, skills: ['erp'] },
  {
    key: 'maintenance',
    name: 'Служба эксплуатации',
    position: 'Слесарь-ремонтник',
    inRegion: 16,
    inHolding: 8,
    skills: ['pumps', 'meters', 'electrics', 'welding', 'scada'],
  },
  {
    key: 'dispatch',
    name: 'Аварийно-диспетчерская служба',
    position: 'Диспетчер',
    inRegion: 8,
    inHolding: 4,
    skills: ['scada', 'telephony'],
    isOnShift: true,
  },
  { key: 'customers', name: 'Абонентский отдел', position: 'Специалист по работе с абонентами', inRegion: 12, inHolding: 0, skills: ['meters'] },
  { key: 'laboratory', name: 'Лаборатория', position: 'Лаборант', inRegion: 5, inHolding: 0, skills: [] },
];

/** Where the holders of the demo's accounts work. */
const placesOfHolders: Readonly<Record<string, string>> = {
  'o.dispatcher': 'dispatch',
  'm.kulik': 'maintenance',
  'r.gareev': 'maintenance',
  'n.orlova': 'finance',
  'e.lapina': 'hr',
  'a.mishin': 'dispatch',
  's.vlasov': 'finance',
  'd.frolov': 'maintenance',
  'g.tuleev': 'maintenance',
};

const day = 86_400_000;

/** About four hundred people of the holding and its six companies, in departments and teams, with those who are away around `now` (epoch milliseconds). */
export function buildWorkforce(random: Random, now: number): Workforce {
  const workers: Worker[] = [];
  const departments: Department[] = [];
  const chief = hire(
    { organization: 'holding', department: 'holding-board', site: 'office-zar', timeZone: 'Europe/Moscow' },
    'Генеральный директор',
    { vip: true },
  );
  departments.push({ key: 'holding-board', name: 'Дирекция', organization: 'holding', manager: chief.key });
  staff('holding', 'office-zar', 'Europe/Moscow', chief, (plan) => plan.inHolding);
  for (const { code, timeZone } of regions) {
    const board = `${code}-board`;
    const head = hire({ organization: code, department: board, site: `office-${code}`, timeZone }, 'Директор', { manager: chief.key, vip: true });
    departments.push({ key: board, name: 'Дирекция', organization: code, manager: head.key });
    staff(code, `office-${code}`, timeZone, head, (plan) => plan.inRegion);
  }
  return { workers, departments, teams: buildTeams(workers), leaves: buildLeaves(random, workers, now) };

  function staff(organization: string, site: string, timeZone: string, head: Worker, sizeOf: (plan: Plan) => number): void {
    for (const plan of plans.filter((one) => sizeOf(one) > 0)) {
      const department = `${organization}-${plan.key}`;
      const place = { organization, department, site, timeZone };
      const leader = hire(place, `Начальник: ${plan.name.toLowerCase()}`, { manager: head.key, skills: plan.skills });
      departments.push({ key: department, name: plan.name, organization, parent: `${organization}-board`, manager: leader.key });
      const holders =
        organization === 'holding'
          ? accountHolders.filter(({ login, role }) => role !== 'integration' && (placesOfHolders[login] ?? 'it') === plan.key)
          : [];
      for (const { login, name } of holders) {
        const [person = '', position = ''] = name.split(', ');
        const [givenName = '', familyName = ''] = person.split(' ');
        hire(place, position, { manager: leader.key, skills: plan.skills, key: login, name: { givenName, familyName } });
      }
      for (let index = holders.length; index < sizeOf(plan); index++) {
        const schedule = plan.isOnShift ? `shift-${timeZone}-${(index % 2) + 1}` : undefined;
        hire(place, plan.position, { manager: leader.key, skills: plan.skills, ...(schedule !== undefined && { schedule }) });
      }
    }
  }

  function hire(place: Pick<Worker, 'organization' | 'department' | 'site' | 'timeZone'>, position: string, more: Hiring = {}): Worker {
    const number = String(workers.length + 1).padStart(6, '0');
    const { key = number, name = nameSomebody(random), manager, vip = false, schedule = `office-${place.timeZone}` } = more;
    const known = pickSome(random, more.skills ?? []);
    const worker: Worker = {
      ...place,
      ...name,
      key,
      position: position[0]?.toUpperCase() + position.slice(1),
      schedule,
      ...(manager !== undefined && { manager }),
      email: `${key}@vodokanal.example`,
      mobile: `+7999${String(1_000_000 + workers.length * 7919).slice(-7)}`,
      vip,
      skills: known.map((skill) => ({ skill, level: random.between(1, 5) })),
    };
    workers.push(worker);
    return worker;
  }
}

/** One to three that stand side by side. */
function pickSome(random: Random, all: readonly string[]): string[] {
  const from = random.between(0, Math.max(0, all.length - 1));
  return [...all.slice(from), ...all.slice(0, from)].slice(0, random.between(1, 3));
}

interface Hiring {
  key?: string;
  name?: { familyName: string; givenName: string; middleName?: string };
  manager?: string;
  vip?: boolean;
  schedule?: string;
  skills?: readonly string[];
}

function buildTeams(workers: readonly Worker[]): Team[] {
  const having = (department: string, skill?: string) =>
    workers.filter((worker) => worker.department === department && (skill === undefined || worker.skills.some((one) => one.skill === skill)));
  const make = (key: string, name: string, line: number, members: readonly Worker[], wanted: readonly string[]): Team => ({
    key,
    name,
    line,
    members: members.map(({ key: worker }, index) => ({ worker, role: index === 0 ? 'lead' : line === 1 && index === 1 ? 'dispatcher' : 'member' })),
    skills: wanted.map((skill) => ({ skill, level: 2 })),
  });
  return [
    make('first-line', 'Первая линия', 1, [...having('holding-dispatch'), ...having('holding-it', 'workplaces')], ['workplaces', 'telephony']),
    make('networks', 'Сети и связь', 2, having('holding-it', 'networks'), ['networks']),
    make('servers', 'Серверы и СХД', 2, having('holding-it', 'servers'), ['servers']),
    make('treasury', 'Казначейство', 2, having('holding-finance'), ['erp']),
    make('personnel', 'Кадры', 2, having('holding-hr'), []),
    make('applications', 'Прикладные системы', 3, having('holding-it', 'erp'), ['erp']),
    make('automation', 'АСУ ТП', 3, having('holding-maintenance'), ['scada']),
    make('security', 'Информационная безопасность', 4, having('holding-it', 'security'), ['security']),
    ...regions.map(({ code, city }) => make(`field-${code}`, `Выездная бригада, ${city}`, 2, having(`${code}-maintenance`), ['pumps', 'electrics'])),
  ];
}

/** One in six is away in some weeks around now; a colleague of the department who is not stands in. */
function buildLeaves(random: Random, workers: readonly Worker[], now: number): Leave[] {
  const today = Math.floor(now / day) * day;
  const away = workers.filter((worker) => worker.manager !== undefined && random.happens(1 / 6));
  return away.flatMap((worker) => {
    const deputy = workers.find((other) => other.department === worker.department && !away.includes(other));
    if (!deputy) return [];
    const kind = random.pick(['vacation', 'vacation', 'vacation', 'sick_leave', 'business_trip'] as const);
    const startsAt = today + random.between(-20, 40) * day;
    const length = kind === 'vacation' ? 14 : random.between(2, 8);
    return [{ key: `leave-${worker.key}`, worker: worker.key, kind, startsAt, endsAt: startsAt + length * day, deputy: deputy.key }];
  });
}
