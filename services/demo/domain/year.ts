import type { DemoItem, DemoRelation, Enterprise } from './enterprise.ts';
import type { Random } from './random.ts';

/** What a source said at a moment: items that came or changed, and keys of those that are gone. Times are epoch milliseconds. */
export interface SourceWord {
  at: number;
  source: 'demo' | '1c' | 'agent' | 'vcenter';
  reason: string;
  items: readonly DemoItem[];
  relations: readonly DemoRelation[];
  removedKeys: readonly string[];
  removedRelations: readonly DemoRelation[];
}

/** What a person changed by hand. */
export interface PersonalChange {
  at: number;
  /** Key of the item in the register. */
  item: string;
  by: string;
  reason: string;
  attributes: DemoItem['attributes'];
}

export interface Year {
  /** In the order of their times. */
  words: SourceWord[];
  changes: PersonalChange[];
  /** All that the register knows now. */
  register: Enterprise;
}

const hour = 3_600_000;
const day = 24 * hour;
const months = 12;

/** A year of the inventory that ends at `now`: what the register, accounting, the agent on the machines and vCenter said of it, and when they disagreed. */
export function imagineYear(random: Random, { items, relations }: Enterprise, now: number): Year {
  const begin = now - 365 * day;
  const at = (month: number, days: number) => Math.floor(begin + (month * 365 * day) / months + days * day);
  const date = (moment: number) => new Date(moment).toISOString().slice(0, 10);
  const register = new Map(items.map((item) => [item.key, item]));
  const isPlacing = ({ type, from }: DemoRelation) => type === 'runs_on' && from.startsWith('vm-');
  /** On which server each virtual machine runs now. */
  const hosts = new Map(relations.filter(isPlacing).map(({ from, to }) => [from, to]));
  const words: SourceWord[] = [];
  const say = (moment: number, source: SourceWord['source'], reason: string, said: Partial<Omit<SourceWord, 'at' | 'source' | 'reason'>>) => {
    if (moment < now) words.push({ at: moment, source, reason, items: [], relations: [], removedKeys: [], removedRelations: [], ...said });
  };
  const revise = (moment: number, reason: string, keys: readonly string[], change: (item: DemoItem) => DemoItem['attributes']) => {
    const revised = keys.flatMap((key) => {
      const item = register.get(key);
      return item ? [{ ...item, attributes: { ...item.attributes, ...change(item) } }] : [];
    });
    for (const item of revised) register.set(item.key, item);
    if (revised.length > 0) say(moment, 'demo', reason, { items: revised });
  };
  const ofClass = (...classes: string[]) => items.filter((item) => classes.includes(item.class));
  const workstations = ofClass('workstation');
  const late = new Set(workstations.filter((_, index) => index % 19 === 18).map(({ key }) => key));
  const arrivals = [...late];
  /** Workstations that are written off, by the month in which they go. */
  const departures = new Map(
    Array.from({ length: months - 1 }, (_, index) => workstations[((index + 1) * 37) % workstations.length])
      .map((item, index): [string, number] => [item?.key ?? '', index + 1])
      .filter(([key]) => key !== '' && !late.has(key)),
  );

  const there = items.filter(({ key }) => !late.has(key));
  say(begin, 'demo', 'Первая инвентаризация', { items: there, relations: relations.filter(({ from, to }) => !late.has(from) && !late.has(to)) });
  tellAccounting();
  tellAgent();
  tellVirtualisation();
  for (let month = 1; month < months; month++) liveThrough(month);
  sayMixedUp();
  liveThroughLastNight();
  return { words: words.sort((one, other) => one.at - other.at), changes: changeByHand(), register: whatIsLeft() };

  /** Accounting knows what was bought, for how much and who answers for it, and calls some of it otherwise. */
  function tellAccounting() {
    const assets = there.flatMap((item): DemoItem[] => {
      const { inventoryNumber } = item.attributes;
      if (typeof inventoryNumber !== 'string') return [];
      const bought = begin - random.between(30, 1_400) * day;
      const { serialNumber, manufacturer, plate } = item.attributes;
      return [
        {
          key: `ОС-${inventoryNumber}`,
          class: item.class,
          name: random.happens(0.06) ? `${assetNames[item.class] ?? 'Основное средство'}, инв. ${inventoryNumber}` : item.name,
          lookups: [],
          attributes: {
            inventoryNumber,
            ...(serialNumber !== undefined && manufacturer !== undefined && { serialNumber, manufacturer }),
            ...(plate !== undefined && { plate }),
            cost: random.between(18, 900) * 1_000,
            purchasedOn: date(bought),
            warrantyUntil: date(bought + 3 * 365 * day),
            ...(item.class === 'workstation' && random.happens(0.08) && { model: 'Aquarius Pro P30 K40' }),
          },
        },
      ];
    });
    for (let from = 0; from < assets.length; from += 500) say(at(0, 4), '1c', 'Основные средства из 1С', { items: assets.slice(from, from + 500) });
  }

  /** The agent sees what a machine really is: the register's memory of some servers is not so. */
  function tellAgent() {
    const seen = there
      .filter((item) => item.class === 'workstation' || item.class === 'server')
      .map(
        (item): DemoItem => ({
          key: `agent-${item.name}`,
          class: item.class,
          name: item.name,
          lookups: item.lookups,
          attributes: {
            serialNumber: item.attributes['serialNumber'] ?? '',
            manufacturer: item.attributes['manufacturer'] ?? '',
            ...(item.attributes['ipAddress'] !== undefined && { ipAddress: item.attributes['ipAddress'] }),
            operatingSystem: item.class === 'server' ? 'VMware ESXi' : random.happens(0.6) ? 'Astra Linux' : 'Windows',
            operatingSystemVersion: item.class === 'server' ? '8.0 U2' : random.pick(['1.7.4', '1.7.5', '10 22H2', '10 21H2']),
            memoryGb: item.class === 'server' ? random.pick([512, 512, 512, 504, 480]) : random.pick([8, 8, 16]),
          },
        }),
      );
    say(at(0, 9), 'agent', 'Первый обход агента', { items: seen });
    const upgraded = new Map(seen.map((item) => [item.key, item]));
    const registerKeys = new Map(there.map(({ key, name }) => [`agent-${name}`, key]));
    for (let month = 1; month < months; month++) {
      const some = [...upgraded.values()].filter(
        (item) => random.happens(0.09) && month <= (departures.get(registerKeys.get(item.key) ?? '') ?? months),
      );
      const changed = some.map(
        (item): DemoItem => ({
          ...item,
          attributes: {
            ...item.attributes,
            ...(item.class === 'workstation' && random.happens(0.25) && { memoryGb: 16 }),
            operatingSystemVersion:
              item.attributes['operatingSystem'] === 'Astra Linux'
                ? `1.8.${Math.min(3, Math.floor(month / 4) + 1)}`
                : item.class === 'server'
                  ? '8.0 U3'
                  : '11 24H2',
          },
        }),
      );
      for (const item of changed) upgraded.set(item.key, item);
      say(at(month, 2), 'agent', 'Обновления за месяц', { items: changed });
    }
  }

  function tellVirtualisation() {
    let machines = ofClass('virtual_machine').map(
      (item): DemoItem => ({
        ...item,
        key: `vm-${1_000 + items.indexOf(item)}`,
        attributes: { ...item.attributes, powerState: 'on', environment: 'production' },
      }),
    );
    say(at(0, 1), 'vcenter', 'vCenter', { items: machines });
    for (let month = 1; month < months; month++) {
      machines = machines.map((item) =>
        random.happens(0.12) ? { ...item, attributes: { ...item.attributes, memoryGb: Number(item.attributes['memoryGb']) + 8 } } : item,
      );
      say(at(month, 6), 'vcenter', 'vCenter', { items: machines });
    }
    machines = machines.map((item) => (item.name === 'billing-db-1' ? { ...item, attributes: { ...item.attributes, memoryGb: 8 } } : item));
    say(now - 18 * hour, 'vcenter', 'vCenter', { items: machines });
    say(now - 6 * hour, 'vcenter', 'vCenter', { items: machines });
  }

  function liveThrough(month: number) {
    const meters = ofClass('meter');
    const due = meters.filter((_, index) => index % 37 === month % 37).map(({ key }) => key);
    const checkedAt = at(month, 11);
    revise(checkedAt, 'Поверка приборов учёта', due, () => ({ verifiedOn: date(checkedAt), verifiedUntil: date(checkedAt + 6 * 365 * day) }));
    const pumps = ofClass('pump').filter((_, index) => index % 13 === month);
    const keys = pumps.map(({ key }) => key);
    const stopped = at(month, 14);
    revise(stopped, 'Вывод в ремонт по графику ППР', keys, () => ({ lifecycleState: 'in_repair' }));
    revise(stopped + 9 * day, 'Ввод после ремонта', keys, () => ({ lifecycleState: 'in_use', overhauledOn: date(stopped + 9 * day) }));
    const servers = ofClass('server');
    const [upgraded, spare] = [servers[(month * 5) % servers.length]?.key ?? '', servers[(month * 5 + 11) % servers.length]?.key ?? ''];
    emptyServer(at(month, 15), 'Перенос машин на время обновления сервера', upgraded, spare);
    revise(at(month, 15) + hour, 'Обновление сервера', [upgraded], () => ({ lifecycleState: 'in_maintenance' }));
    revise(at(month, 16), 'Сервер обновлён', [upgraded], () => ({
      lifecycleState: 'in_use',
      hypervisor: `VMware ESXi 8.0 U${1 + Math.floor(month / 4)}`,
    }));
    const cars = ofClass('vehicle').filter((_, index) => index % 12 === month);
    revise(
      at(month, 17),
      'Полис и техосмотр',
      cars.map(({ key }) => key),
      () => ({
        insuredUntil: date(at(month, 17) + 365 * day),
        inspectedUntil: date(at(month, 17) + 365 * day),
      }),
    );
    arrive(at(month, 20), arrivals.splice(0, Math.ceil(late.size / (months - 1))));
    for (const gone of workstations.filter(({ key }) => departures.get(key) === month)) {
      say(at(month, 23), 'demo', 'Списание', { removedKeys: [gone.key] });
      // Accounting writes it off a month later: until then it stands there although nobody has it.
      say(at(month, 24), 'agent', 'Не выходит на связь', { removedKeys: [`agent-${gone.name}`] });
      say(at(month + 1, 23), '1c', 'Акт списания', { removedKeys: [`ОС-${gone.attributes['inventoryNumber']}`] });
    }
  }

  /** A server is emptied for its upgrade: its machines move to another one. */
  function emptyServer(moment: number, reason: string, from: string, to: string) {
    const moved = [...hosts].filter(([, host]) => host === from).map(([machine]) => machine);
    for (const machine of moved) hosts.set(machine, to);
    say(moment, 'demo', reason, {
      removedRelations: moved.map((machine) => ({ type: 'runs_on', from: machine, to: from })),
      relations: moved.map((machine) => ({ type: 'runs_on', from: machine, to })),
    });
  }

  /** What went before this morning's trouble with billing: its database moved to a server that had just come back from repair, and got less memory. */
  function liveThroughLastNight() {
    const evening = now - 20 * hour;
    const { from, to } = { from: hosts.get('vm-billing-db-1') ?? '', to: 'srv-dc-esx-07' };
    revise(evening - 3 * hour, 'Замена модулей памяти', [to], () => ({ lifecycleState: 'in_maintenance' }));
    revise(evening - hour, 'Возврат после замены памяти', [to], () => ({ lifecycleState: 'in_use', memoryGb: 384 }));
    if (from !== to) {
      hosts.set('vm-billing-db-1', to);
      say(evening, 'demo', 'Выравнивание нагрузки кластера', {
        removedRelations: [{ type: 'runs_on', from: 'vm-billing-db-1', to: from }],
        relations: [{ type: 'runs_on', from: 'vm-billing-db-1', to }],
      });
    }
    revise(evening + 5 * hour, 'Обновление СУБД', ['db-billing'], () => ({ engineVersion: '17.4' }));
  }

  function arrive(moment: number, keys: readonly string[]) {
    const come = keys.flatMap((key) => register.get(key) ?? []);
    if (come.length === 0) return;
    say(moment, 'demo', 'Поставка рабочих мест', {
      items: come,
      relations: relations.filter(({ from, to }) => keys.includes(from) || keys.includes(to)),
    });
  }

  /** Accounting has given the number of one computer to another, so its record is about two: a person has to say which. */
  function sayMixedUp() {
    const [first = [], second = []] = [workstations.filter((_, index) => index % 50 === 3), workstations.filter((_, index) => index % 50 === 4)];
    const mixed = first.flatMap((one, index): DemoItem[] => {
      const other = second[index];
      if (!other || late.has(one.key) || late.has(other.key)) return [];
      const { serialNumber = '', manufacturer = '' } = one.attributes;
      return [
        {
          key: `ОС-2-${one.attributes['inventoryNumber']}`,
          class: 'workstation',
          name: `Системный блок, инв. ${other.attributes['inventoryNumber']}`,
          lookups: [],
          attributes: { serialNumber, manufacturer, inventoryNumber: other.attributes['inventoryNumber'] ?? '' },
        },
      ];
    });
    say(now - 5 * day, '1c', 'Переоценка основных средств', { items: mixed });
  }

  function whatIsLeft(): Enterprise {
    const left = [...register.values()].filter(({ key }) => !departures.has(key));
    const keys = new Set(left.map(({ key }) => key));
    const placed = relations.map((relation) => (isPlacing(relation) ? { ...relation, to: hosts.get(relation.from) ?? relation.to } : relation));
    return { items: left, relations: placed.filter(({ from, to }) => keys.has(from) && keys.has(to)) };
  }

  function changeByHand(): PersonalChange[] {
    const services = ofClass('business_service');
    return services
      .map((service, index) => ({
        at: at(1 + (index % 11), 12 + index),
        item: service.key,
        by: 'Татьяна Белова, менеджер услуг',
        reason: 'Решение комитета по услугам',
        attributes: { owner: owners[index % owners.length] ?? '', criticality: index < 6 ? 'critical' : 'high' },
      }))
      .filter((change) => change.at < now);
  }
}

const owners = ['Главный инженер', 'Коммерческий директор', 'Финансовый директор', 'Директор по персоналу'];

const assetNames: Readonly<Record<string, string>> = {
  workstation: 'Системный блок',
  printer: 'МФУ',
  pump: 'Агрегат насосный',
  vehicle: 'Автомобиль',
  server: 'Сервер',
};
