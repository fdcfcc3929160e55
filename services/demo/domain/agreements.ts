import type { DemoItem, Enterprise } from './enterprise.ts';

const day = 24 * 3_600_000;

/** What was agreed with others, and what that covers: some of it ends soon. Dates lie around `now`, epoch milliseconds. */
export function addAgreements({ items, relations }: Enterprise, now: number): void {
  const keysOf = (itemClass: string) => items.filter((item) => item.class === itemClass).map(({ key }) => key);
  const covered: Readonly<Record<string, readonly string[]>> = {
    servers: keysOf('server'),
    storages: keysOf('storage'),
    routers: keysOf('network_device').filter((key) => key.endsWith('-r1')),
    database: keysOf('database'),
    erp: ['app-erp', 'app-hr'],
    scada: ['app-scada', 'app-telemetry'],
    workstations: keysOf('workstation').slice(0, 200),
    vehicles: keysOf('vehicle'),
  };
  for (const { key, covers, days, ...agreement } of agreements) {
    const attributes = {
      ...agreement.attributes,
      owner: 'Договорной отдел',
      organisation: 'holding',
      startsOn: toDate(now - (365 - days) * day),
      endsOn: toDate(now + days * day),
    };
    items.push({ ...agreement, key, lookups: [], attributes });
    for (const to of covered[covers] ?? []) relations.push({ type: 'covers', from: key, to });
  }
}

interface Agreement extends Omit<DemoItem, 'lookups'> {
  covers: string;
  /** From now until it ends. */
  days: number;
}

const agreements: readonly Agreement[] = [
  {
    key: 'agr-servers',
    class: 'support_contract',
    name: 'Поддержка серверов, «ТехСервис»',
    covers: 'servers',
    days: 24,
    attributes: { number: 'ТС-118/25', counterparty: 'ООО «ТехСервис»', amount: 2_400_000, currency: 'RUB', noticeDays: 30 },
  },
  {
    key: 'agr-storages',
    class: 'warranty',
    name: 'Гарантия на СХД',
    covers: 'storages',
    days: 58,
    attributes: { number: 'YD-2023-77', counterparty: 'YADRO', terms: 'Выезд инженера на следующий рабочий день' },
  },
  {
    key: 'agr-channels',
    class: 'communication_contract',
    name: 'Каналы связи площадок',
    covers: 'routers',
    days: 130,
    attributes: {
      number: 'КС-9/24',
      counterparty: 'ПАО «Региональная связь»',
      amount: 960_000,
      currency: 'RUB',
      isRenewedByItself: true,
      noticeDays: 60,
    },
  },
  {
    key: 'agr-database',
    class: 'support_contract',
    name: 'Поддержка СУБД',
    covers: 'database',
    days: 6,
    attributes: { number: 'ПГ-41', counterparty: 'ООО «Базис данных»', amount: 1_150_000, currency: 'RUB', noticeDays: 14 },
  },
  {
    key: 'agr-erp',
    class: 'software_license',
    name: 'Лицензии 1С:ERP, 250 мест',
    covers: 'erp',
    days: 88,
    attributes: { number: 'ЛЦ-250', counterparty: '1С-Франчайзи «Учёт»', product: '1С:ERP', vendor: '1С', quantity: 250 },
  },
  {
    key: 'agr-scada',
    class: 'software_license',
    name: 'Лицензия SCADA, 5 000 точек',
    covers: 'scada',
    days: -3,
    attributes: { number: 'SC-5000', counterparty: 'ООО «Диспетчер»', product: 'SCADA', vendor: 'Диспетчер', quantity: 1 },
  },
  {
    key: 'agr-antivirus',
    class: 'software_license',
    name: 'Антивирус, 200 рабочих мест',
    covers: 'workstations',
    days: 13,
    attributes: { number: 'AV-200', counterparty: 'ООО «Софт-Снабжение»', product: 'Антивирус', vendor: 'Лаборатория', quantity: 200 },
  },
  {
    key: 'agr-telematics',
    class: 'support_contract',
    name: 'Обслуживание терминалов ГЛОНАСС',
    covers: 'vehicles',
    days: 210,
    attributes: { number: 'ГЛ-72', counterparty: 'ООО «Навигатор»', amount: 430_000, currency: 'RUB', noticeDays: 30 },
  },
];

function toDate(moment: number): string {
  return new Date(moment).toISOString().slice(0, 10);
}
