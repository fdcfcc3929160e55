import { addAgreements } from './agreements.ts';
import type { Random } from './random.ts';

/** A configuration item of the demo enterprise; `key` is its identity at the source `demo`. */
export interface DemoItem {
  key: string;
  class: string;
  name: string;
  /** Names and addresses by which monitoring knows it. */
  lookups: readonly string[];
  attributes: Readonly<Record<string, string | number | boolean | readonly string[]>>;
}

export interface DemoRelation {
  type: string;
  /** Keys of the items at its ends. */
  from: string;
  to: string;
}

export interface Enterprise {
  items: DemoItem[];
  relations: DemoRelation[];
}

interface Region {
  code: string;
  city: string;
  timeZone: string;
  stations: readonly string[];
}

/** Six legal entities in four time zones; every name is made up. */
export const regions: readonly Region[] = [
  { code: 'zar', city: 'Заречный', timeZone: 'Europe/Moscow', stations: ['Левобережная', 'Нагорная', 'Заводская', 'Луговая', 'Ключевая', 'Озёрная'] },
  { code: 'sol', city: 'Солнечнореченск', timeZone: 'Europe/Moscow', stations: ['Северная', 'Южная', 'Пристань', 'Дубрава', 'Родниковая'] },
  { code: 'vol', city: 'Волжанск', timeZone: 'Europe/Samara', stations: ['Береговая', 'Портовая', 'Степная', 'Маяк'] },
  { code: 'kam', city: 'Каменный Брод', timeZone: 'Asia/Yekaterinburg', stations: ['Горная', 'Карьер', 'Лесная', 'Кедровая'] },
  { code: 'tay', city: 'Таёжный', timeZone: 'Asia/Yekaterinburg', stations: ['Таёжная', 'Кордон', 'Моховая'] },
  { code: 'obs', city: 'Обский', timeZone: 'Asia/Novosibirsk', stations: ['Обская', 'Протока', 'Островная', 'Сосновый Бор'] },
];

/** Each with how many people use it, and the applications that it needs. */
const businessServices = [
  ['water-supply', 'Водоснабжение', 184_000, ['scada', 'telemetry', 'gis']],
  ['wastewater', 'Водоотведение', 171_000, ['scada', 'telemetry']],
  ['water-quality', 'Контроль качества воды', 60, ['laboratory', 'telemetry']],
  ['billing', 'Расчёты с абонентами', 96_000, ['billing', 'erp', 'portal']],
  ['customer-care', 'Обслуживание абонентов', 41_000, ['crm', 'portal', 'telephony']],
  ['metering', 'Коммерческий учёт воды', 88_000, ['metering', 'billing']],
  ['emergency', 'Аварийно-диспетчерская служба', 240, ['dispatch', 'gis', 'fleet', 'telephony']],
  ['fleet', 'Транспорт', 130, ['fleet', 'erp']],
  ['treasury', 'Казначейство', 25, ['erp', 'bank']],
  ['accounting', 'Бухгалтерский учёт', 90, ['erp', 'edo']],
  ['hr', 'Кадры и зарплата', 620, ['hr', 'erp']],
  ['workplace', 'Рабочие места', 480, ['directory', 'mail']],
] as const;

const applications = {
  scada: 'Диспетчеризация (SCADA)',
  telemetry: 'Сбор телеметрии',
  gis: 'Геоинформационная система сетей',
  laboratory: 'Лабораторная система',
  billing: 'Биллинг абонентов',
  erp: '1С:ERP',
  portal: 'Личный кабинет абонента',
  crm: 'Обращения абонентов',
  telephony: 'Телефония и контакт-центр',
  metering: 'Учёт показаний',
  dispatch: 'Журнал диспетчера',
  fleet: 'Мониторинг транспорта',
  bank: 'Банк-клиент',
  edo: 'Электронный документооборот',
  hr: '1С:ЗУП',
  directory: 'Служба каталогов',
  mail: 'Почта',
} as const;

/** Who decides what becomes of it. */
const owners: Readonly<Record<string, string>> = {
  pump: 'Главный инженер',
  pumping_station: 'Главный инженер',
  meter: 'Служба учёта воды',
  vehicle: 'Начальник автопарка',
  telematics_terminal: 'Начальник автопарка',
  site: 'Административная служба',
};

/** Who mends it when it breaks. */
const supportTeams: Readonly<Record<string, string>> = {
  workstation: 'ИТ: рабочие места',
  printer: 'ИТ: рабочие места',
  network_device: 'ИТ: сети',
  server: 'ИТ: инфраструктура',
  storage: 'ИТ: инфраструктура',
  virtual_machine: 'ИТ: инфраструктура',
  database: 'ИТ: приложения',
  application_service: 'ИТ: приложения',
  pump: 'Служба главного механика',
  pumping_station: 'Служба главного механика',
  meter: 'Метрология',
  vehicle: 'Автопарк',
  telematics_terminal: 'Автопарк',
};

/** Builds the inventory of the water utility: services on applications on machines in a data centre, and the plant and offices of each region. */
export function buildEnterprise(random: Random, now: number): Enterprise {
  const items: DemoItem[] = [];
  const relations: DemoRelation[] = [];
  /** Whose everything is that is added next, and where. */
  let place: { organisation: string; site?: string } = { organisation: 'holding' };
  const add = (itemClass: string, key: string, name: string, more: { lookups?: string[]; attributes?: DemoItem['attributes'] } = {}) => {
    const supportTeam = supportTeams[itemClass];
    const attributes = {
      ...place,
      owner: owners[itemClass] ?? 'Директор по ИТ',
      ...(supportTeam !== undefined && { supportTeam }),
      ...more.attributes,
    };
    items.push({ key, class: itemClass, name, lookups: more.lookups ?? [], attributes });
    return key;
  };
  const relate = (type: string, from: string, to: string) => relations.push({ type, from, to });
  let hosts = 0;
  const nextAddress = (network: number) => `10.${network}.${Math.floor(hosts / 200)}.${(hosts++ % 200) + 10}`;
  const addHost = (itemClass: string, key: string, name: string, network: number, attributes: DemoItem['attributes'] = {}) => {
    const address = nextAddress(network);
    return add(itemClass, key, name, { lookups: [name, address], attributes: { ipAddress: address, ...attributes } });
  };

  buildDataCentre();
  regions.forEach(buildRegion);
  addAgreements({ items, relations }, now);
  return { items, relations };

  function buildDataCentre() {
    place = { organisation: 'holding', site: 'ЦОД Заречный' };
    const site = add('site', 'site-dc', 'ЦОД Заречный', { attributes: { city: 'Заречный', timeZone: 'Europe/Moscow' } });
    const core = ['core-1', 'core-2'].map((name) =>
      addHost('network_device', `net-${name}`, `dc-${name}`, 10, { manufacturer: 'Eltex', model: 'MES5448', redundancy: ['supplies:1'] }),
    );
    for (const device of core) relate('located_in', device, site);
    /** Two feeds of power, each with its own batteries: any one of them is enough. */
    const feeds = ['a', 'b'].map((feed) => {
      const batteries = add('ups', `ups-${feed}`, `dc-ups-${feed}`, { attributes: { manufacturer: 'Импульс', powerKw: 120, batteryMinutes: 12 } });
      const rail = add('power_distribution_unit', `pdu-${feed}`, `dc-pdu-${feed}`, { attributes: { outlets: 96 } });
      relate('located_in', batteries, site);
      relate('supplies', batteries, rail);
      return rail;
    });
    const feed = (device: string) => {
      for (const rail of feeds) relate('supplies', rail, device);
    };
    const storages = ['san-1', 'san-2'].map((name) =>
      addHost('storage', `sto-${name}`, `dc-${name}`, 10, { manufacturer: 'YADRO', capacityTb: 240, redundancy: ['supplies:1'] }),
    );
    for (const device of [...core, ...storages]) feed(device);
    const cluster = add('cluster', 'cluster-dc', 'dc-cluster', { attributes: { clusterKind: 'virtualization', redundancy: ['part_of:21'] } });
    const servers = Array.from({ length: 24 }, (_, index) => {
      const name = `dc-esx-${String(index + 1).padStart(2, '0')}`;
      const server = addHost('server', `srv-${name}`, name, 10, {
        manufacturer: 'YADRO',
        model: 'VEGMAN R220',
        serialNumber: `YD${910_000 + index}`,
        memoryGb: 512,
        redundancy: ['supplies:1', 'connected_to:1'],
      });
      relate('located_in', server, site);
      feed(server);
      for (const device of core) relate('connected_to', server, device);
      relate('part_of', server, cluster);
      relate('depends_on', server, random.pick(storages));
      return server;
    });
    for (const [code, title] of Object.entries(applications)) {
      const application = add('application_service', `app-${code}`, title, {
        attributes: { environment: 'production', redundancy: ['runs_on:1'] },
      });
      const database = add('database', `db-${code}`, `${code}-db`, {
        lookups: [`${code}-db`],
        attributes: { engine: 'PostgreSQL', engineVersion: '17' },
      });
      relate('depends_on', application, database);
      const machines = ['app-1', 'app-2', 'db-1'].map((role) => {
        const name = `${code}-${role}`;
        const machine = addHost('virtual_machine', `vm-${name}`, name, 11, {
          cores: random.pick([4, 8, 16]),
          memoryGb: random.pick([16, 32, 64]),
          instanceUuid: inventUuid(random),
        });
        relate('runs_on', machine, random.pick(servers));
        return machine;
      });
      relate('runs_on', application, machines[0] ?? '');
      relate('runs_on', application, machines[1] ?? '');
      relate('runs_on', database, machines[2] ?? '');
    }
    place = { organisation: 'holding' };
    for (const [code, title, userCount, needs] of businessServices) {
      const service = add('business_service', `svc-${code}`, title, { attributes: { owner: 'Общий центр обслуживания', userCount } });
      for (const need of needs) relate('depends_on', service, `app-${need}`);
    }
  }

  function buildRegion({ code, city, timeZone, stations }: Region, regionIndex: number) {
    const network = 20 + regionIndex;
    const home = { organisation: code, site: `Офис ${city}` };
    place = home;
    const office = add('site', `site-${code}`, `Офис ${city}`, { attributes: { city, timeZone } });
    const router = addHost('network_device', `net-${code}-r1`, `${code}-router-1`, network, { manufacturer: 'Eltex', model: 'ESR-200' });
    relate('located_in', router, office);
    relate('connected_to', router, 'net-core-1');
    for (let index = 1; index <= 76; index++) {
      const name = `${code}-ws-${String(index).padStart(3, '0')}`;
      const workstation = addHost('workstation', `ws-${name}`, name, network, {
        manufacturer: 'Аквариус',
        serialNumber: `AQ${regionIndex}${10_000 + index}`,
        inventoryNumber: `РМ-${code.toUpperCase()}-${String(index).padStart(3, '0')}`,
      });
      relate('located_in', workstation, office);
      relate('connected_to', workstation, router);
      if (index % 6 === 0) {
        const printer = addHost('printer', `prn-${name}`, `${code}-prn-${index / 6}`, network, {
          manufacturer: 'Катюша',
          model: 'M247',
          inventoryNumber: `ПР-${code.toUpperCase()}-${index / 6}`,
        });
        relate('located_in', printer, office);
      }
    }
    for (const [index, station] of stations.entries()) buildStation(code, city, index, station, network, router);
    place = home;
    for (let index = 1; index <= 12; index++) {
      const plate = `${random.pick(['А', 'В', 'Е', 'К', 'М', 'Н'])}${random.between(100, 999)}${random.pick(['АВ', 'КМ', 'ОР'])}`;
      const vehicle = add('vehicle', `car-${code}-${index}`, `${random.pick(['ГАЗон NEXT', 'КАМАЗ 43118', 'УАЗ Профи'])} ${plate}`, {
        lookups: [`tracker-${code}-${index}`],
        attributes: { plate, inventoryNumber: `ТС-${code.toUpperCase()}-${index}` },
      });
      const terminal = add('telematics_terminal', `trm-${code}-${index}`, `Терминал ${plate}`, {
        attributes: { imei: `86${regionIndex}${String(100_000_000_000 + index * 7919 + regionIndex * 31)}` },
      });
      relate('installed_in', terminal, vehicle);
      relate('located_in', vehicle, office);
    }
  }

  function buildStation(code: string, city: string, index: number, title: string, network: number, router: string) {
    const key = `ps-${code}-${index + 1}`;
    place = { organisation: code, site: `НС «${title}»` };
    const station = add('pumping_station', key, `НС «${title}», ${city}`, { attributes: { capacityM3h: random.pick([400, 800, 1200, 2500]) } });
    relate('depends_on', 'svc-water-supply', station);
    relate('located_in', station, `site-${code}`);
    const controller = addHost('network_device', `${key}-plc`, `${code}-ps${index + 1}-plc`, network, { manufacturer: 'ОВЕН', model: 'ПЛК210' });
    relate('located_in', controller, station);
    relate('connected_to', controller, router);
    const pumps = add('redundancy_group', `${key}-pumps`, `Насосы, НС «${title}»`, { attributes: { redundancy: ['part_of:2'] } });
    relate('part_of', pumps, station);
    for (let pump = 1; pump <= 4; pump++) {
      const unit = add('pump', `${key}-pump-${pump}`, `Насос №${pump}, НС «${title}»`, {
        lookups: [`${code}-ps${index + 1}-pump${pump}`],
        attributes: { powerKw: random.pick([55, 90, 132]), inventoryNumber: `ВД-${code.toUpperCase()}-${index + 1}${pump}` },
      });
      relate('part_of', unit, pumps);
      relate('depends_on', unit, controller);
    }
    for (let meter = 1; meter <= 24; meter++) {
      const unit = add('meter', `${key}-meter-${meter}`, `Водомер ${meter}, НС «${title}»`, {
        attributes: {
          serialNumber: `WM-${code}-${index + 1}-${meter}`,
          diameterMm: random.pick([50, 80, 150]),
          verifiedUntil: `${new Date(now).getUTCFullYear() + random.between(0, 4)}-06-30`,
        },
      });
      relate('part_of', unit, station);
    }
  }
}

/** As vCenter would give one. */
function inventUuid(random: Random): string {
  const digits = Array.from({ length: 32 }, () => random.between(0, 15).toString(16)).join('');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
