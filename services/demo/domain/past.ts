import type { DemoItem } from './enterprise.ts';
import type { Random } from './random.ts';

type Level = 'high' | 'medium' | 'low';

/** A ticket of the past, with the steps that people took. Times are epoch milliseconds, each later than the one before. */
export interface PastTicket {
  key: string;
  type: 'request' | 'incident' | 'problem' | 'change';
  subject: string;
  description: string;
  impact: Level;
  urgency: Level;
  openedAt: number;
  /** Item that it is about, by key. */
  item?: string;
  steps: readonly PastStep[];
}

export type PastStep =
  | { at: number; kind: 'assign' }
  | { at: number; kind: 'comment'; text: string }
  | { at: number; kind: 'transition'; transition: 'start' | 'wait' | 'resolve' | 'close'; resolution?: string };

/** An alert of the past, as Prometheus would have seen it. */
export interface PastAlert {
  fingerprint: string;
  name: string;
  severity: 'critical' | 'warning';
  instance: string;
  summary: string;
  startsAt: number;
  /** Undefined: it still burns. */
  endsAt?: number;
}

interface Template {
  type: PastTicket['type'];
  subject: (item: string) => string;
  description: string;
  itemClass: string;
  impact: Level;
  urgency: Level;
  resolution: string;
}

const templates: readonly Template[] = [
  {
    type: 'incident',
    subject: (item) => `Не печатает ${item}`,
    description: 'Задания остаются в очереди, на экране принтера ошибка.',
    itemClass: 'printer',
    impact: 'low',
    urgency: 'medium',
    resolution: 'Очищена очередь, заменён картридж.',
  },
  {
    type: 'incident',
    subject: (item) => `Нет связи с контроллером: ${item}`,
    description: 'Диспетчерская не получает давление и расход.',
    itemClass: 'network_device',
    impact: 'high',
    urgency: 'high',
    resolution: 'Перезапущен модем, связь восстановлена.',
  },
  {
    type: 'incident',
    subject: (item) => `Вибрация выше нормы: ${item}`,
    description: 'Показания датчика вибрации растут второй день.',
    itemClass: 'pump',
    impact: 'medium',
    urgency: 'high',
    resolution: 'Заменён подшипник, проверена соосность.',
  },
  {
    type: 'incident',
    subject: (item) => `Медленно открываются отчёты: ${item}`,
    description: 'Отчёт по дебиторке строится больше десяти минут.',
    itemClass: 'application_service',
    impact: 'medium',
    urgency: 'medium',
    resolution: 'Пересчитана статистика, добавлен индекс.',
  },
  {
    type: 'request',
    subject: () => 'Доступ к папке отдела',
    description: 'Нужен доступ на запись для нового сотрудника.',
    itemClass: 'workstation',
    impact: 'low',
    urgency: 'low',
    resolution: 'Доступ выдан после согласования.',
  },
  {
    type: 'request',
    subject: (item) => `Настроить рабочее место ${item}`,
    description: 'Новый сотрудник выходит в понедельник.',
    itemClass: 'workstation',
    impact: 'low',
    urgency: 'medium',
    resolution: 'Рабочее место готово.',
  },
  {
    type: 'request',
    subject: (item) => `Поверка: ${item}`,
    description: 'Подходит срок поверки прибора.',
    itemClass: 'meter',
    impact: 'low',
    urgency: 'low',
    resolution: 'Прибор поверен, свидетельство приложено.',
  },
  {
    type: 'request',
    subject: (item) => `Терминал не передаёт координаты: ${item}`,
    description: 'На карте машина стоит с утра, хотя работает на объекте.',
    itemClass: 'vehicle',
    impact: 'low',
    urgency: 'medium',
    resolution: 'Заменён предохранитель терминала.',
  },
  {
    type: 'change',
    subject: (item) => `Обновление: ${item}`,
    description: 'Плановое обновление в окно обслуживания.',
    itemClass: 'virtual_machine',
    impact: 'medium',
    urgency: 'low',
    resolution: 'Обновлено, проверки пройдены.',
  },
  {
    type: 'problem',
    subject: (item) => `Повторяются обрывы связи: ${item}`,
    description: 'Третий обрыв за месяц в одно и то же время.',
    itemClass: 'network_device',
    impact: 'medium',
    urgency: 'medium',
    resolution: 'Причина — перегрев шкафа, установлен вентилятор.',
  },
];

const minute = 60_000;
const day = 24 * 60 * minute;

/** Some weeks of tickets that end at `now`; the most recent are still open. */
export function imaginePastTickets(random: Random, items: readonly DemoItem[], now: number, count: number, days: number): PastTicket[] {
  return Array.from({ length: count }, (_, index) => {
    const template = random.pick(templates);
    const candidates = items.filter((item) => item.class === template.itemClass);
    const item = random.pick(candidates);
    const openedAt = Math.floor(now - days * day + ((index + random.next()) / count) * days * day);
    return {
      key: `past-${index}`,
      type: template.type,
      subject: template.subject(item.name).slice(0, 300),
      description: template.description,
      impact: template.impact,
      urgency: template.urgency,
      openedAt,
      item: item.key,
      steps: imagineSteps(random, template, openedAt).filter(({ at }) => at < now),
    };
  });
}

/** Last night's change, and the trouble of this morning that it began (domain/year.ts tells what was done): nobody has found the cause yet. */
export function imagineLastNight(now: number, from: number): PastTicket[] {
  const at = (hours: number) => Math.floor(now - hours * 60 * minute);
  return [
    {
      key: `past-${from}`,
      type: 'change',
      subject: 'Выравнивание нагрузки кластера: перенос billing-db-1',
      description: 'Машина переезжает на dc-esx-07 после замены на нём памяти.',
      impact: 'medium',
      urgency: 'low',
      openedAt: at(30),
      item: 'vm-billing-db-1',
      steps: [
        { at: at(29), kind: 'assign' },
        { at: at(21), kind: 'transition', transition: 'start' },
        { at: at(19), kind: 'transition', transition: 'resolve', resolution: 'Перенесено, проверки пройдены.' },
      ],
    },
    {
      key: `past-${from + 1}`,
      type: 'incident',
      subject: 'Биллинг абонентов: счета формируются по часу',
      description: 'С утра расчёт начислений идёт в десять раз дольше обычного.',
      impact: 'high',
      urgency: 'high',
      openedAt: at(4),
      item: 'app-billing',
      steps: [
        { at: at(3.9), kind: 'assign' },
        { at: at(3.8), kind: 'transition', transition: 'start' },
      ],
    },
  ];
}

const fiveDays = 5 * 24 * 60;

function imagineSteps(random: Random, template: Template, openedAt: number): PastStep[] {
  let at = openedAt;
  const later = (from: number, to: number) => (at += random.between(from, to) * minute);
  const steps: PastStep[] = [
    { at: later(2, 50), kind: 'assign' },
    { at: later(1, 20), kind: 'transition', transition: 'start' },
  ];
  if (random.happens(0.5))
    steps.push({ at: later(5, 60), kind: 'comment', text: random.pick(['Взял в работу.', 'Выезжаю на объект.', 'Уточните, когда это началось?']) });
  if (random.happens(0.3)) {
    steps.push({ at: later(10, 120), kind: 'transition', transition: 'wait' }, { at: later(60, 600), kind: 'transition', transition: 'start' });
  }
  steps.push({ at: later(30, random.happens(0.15) ? 3_000 : 300), kind: 'transition', transition: 'resolve', resolution: template.resolution });
  // Whom nobody answers is closed by the lifecycle after five days.
  const isAnswered = random.happens(0.8);
  steps.push({ at: isAnswered ? later(600, 2_900) : later(fiveDays, fiveDays), kind: 'transition', transition: 'close' });
  return steps;
}

const alertTemplates = [
  { name: 'HostDown', severity: 'critical', class: 'virtual_machine', summary: (name: string) => `Узел ${name} недоступен` },
  { name: 'ControllerOffline', severity: 'critical', class: 'network_device', summary: (name: string) => `Контроллер ${name} не отвечает` },
  { name: 'DiskAlmostFull', severity: 'warning', class: 'virtual_machine', summary: (name: string) => `На ${name} заканчивается место` },
  { name: 'HighVibration', severity: 'critical', class: 'pump', summary: (name: string) => `Вибрация выше нормы: ${name}` },
] as const;

export function imaginePastAlerts(random: Random, items: readonly DemoItem[], now: number, count: number, days: number): PastAlert[] {
  return Array.from({ length: count }, (_, index) => {
    const template = random.pick(alertTemplates);
    const item = random.pick(items.filter((each) => each.class === template.class && each.lookups.length > 0));
    const startsAt = Math.floor(now - days * day + ((index + random.next()) / count) * days * day);
    const endsAt = startsAt + random.between(3, 240) * minute;
    return {
      fingerprint: index.toString(16).padStart(16, 'd'),
      name: template.name,
      severity: template.severity,
      instance: `${item.lookups[0]}:9100`,
      summary: template.summary(item.name),
      startsAt,
      ...(endsAt < now && { endsAt }),
    };
  });
}
