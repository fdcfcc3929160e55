/** What a source tells of an enterprise: the same for the same size, and no part of it needs any other, so that nothing is held. */
export interface Enterprise {
  items: number;
  relations: number;
  item(index: number): ItemLine;
  /** The `turn`th relation of the item `index`; undefined: it has fewer. Every item has five at most. */
  relation(index: number, turn: number): RelationLine | undefined;
}

export interface ItemLine {
  key: string;
  class: string;
  name: string;
  attributes: Readonly<Record<string, unknown>>;
  lookups: readonly string[];
  hosts?: Readonly<Record<string, string>>;
}

export interface RelationLine {
  type: string;
  fromKey: string;
  toKey: string;
}

/** Layers from the ground up, each as a share of all items. */
export const shares = {
  site: 0.001,
  ip_network: 0.002,
  rack: 0.007,
  server: 0.09,
  virtual_machine: 0.4,
  application: 0.44,
  application_service: 0.06,
};

type Layer = keyof typeof shares;

export const relationsOfItem = 5;

/** So many of all items depend on each of the two hubs: 100 000 of a million. */
const shareOfHub = 0.1;

export function drawEnterprise(items: number): Enterprise {
  const layers = layOut(items);
  const layerOf = (index: number) => layers.find(({ from, size }) => index < from + size) ?? layers[layers.length - 1];
  const find = (name: Layer) => layers.find((layer) => layer.name === name) as Place;
  const keyIn = (name: Layer, share: number) => `${name}-${Math.floor(share * find(name).size)}`;

  const keyOf = (index: number) => {
    const layer = layerOf(index) as Place;
    return `${layer.name}-${index - layer.from}`;
  };

  function item(index: number): ItemLine {
    const layer = layerOf(index) as Place;
    const place = index - layer.from;
    const draw = dice(index, 0);
    return { key: `${layer.name}-${place}`, class: layer.name, ...describe[layer.name](place, draw, hostOf) };
  }

  /** What stands or runs on it most is drawn by a power: few hosts have many guests. */
  function hostOf(name: Layer, draw: () => number): string {
    return keyIn(name, draw() ** 2);
  }

  function relation(index: number, turn: number): RelationLine | undefined {
    const layer = layerOf(index) as Place;
    const fromKey = keyOf(index);
    const draw = dice(index, turn + 1);
    const said = describe[layer.name](index - layer.from, dice(index, 0), hostOf);
    const [host] = Object.entries(said.hosts ?? {});
    if (turn === 0) return host ? { type: host[0], fromKey, toKey: host[1] } : ground(layer.name, fromKey, draw);
    if (turn === 1) {
      const hub = draw();
      if (hub < 2 * shareOfHub) return depend(fromKey, `application-${hub < shareOfHub ? 0 : 1}`);
    }
    // By fifths of the applications, so that no two turns name the same; some of what depends on it is below itself, so there are cycles.
    return depend(fromKey, keyIn('application', (turn + draw() ** 3) / relationsOfItem));
  }

  function ground(name: Layer, fromKey: string, draw: () => number): RelationLine | undefined {
    if (name === 'rack') return { type: 'located_in', fromKey, toKey: hostOf('site', draw) };
    if (name === 'server') return { type: 'located_in', fromKey, toKey: hostOf('rack', draw) };
    if (name === 'virtual_machine') return { type: 'runs_on', fromKey, toKey: hostOf('server', draw) };
    if (name === 'application_service') return { type: 'runs_on', fromKey, toKey: hostOf('application', draw) };
    return undefined;
  }

  return { items, relations: items * relationsOfItem, item, relation };
}

function depend(fromKey: string, toKey: string): RelationLine | undefined {
  return fromKey === toKey ? undefined : { type: 'depends_on', fromKey, toKey };
}

interface Place {
  name: Layer;
  from: number;
  size: number;
}

function layOut(items: number): Place[] {
  let from = 0;
  return Object.entries(shares).map(([name, share], index, all) => {
    const size = index === all.length - 1 ? items - from : Math.max(2, Math.round(items * share));
    const place = { name: name as Layer, from, size };
    from += size;
    return place;
  });
}

type Describe = (place: number, draw: () => number, hostOf: (layer: Layer, draw: () => number) => string) => Omit<ItemLine, 'key' | 'class'>;

const cities = ['Москва', 'Казань', 'Тверь', 'Самара', 'Пермь'];
const teams = ['Сети', 'Виртуализация', 'Базы данных', 'Приложения'];
const one = (of: readonly string[], draw: () => number) => of[Math.floor(draw() * of.length)] ?? '';
const address = (place: number, block: number) => `10.${block + (place >> 16)}.${(place >> 8) & 255}.${place & 255}`;
const uuidOf = (kind: number, place: number) => `${kind.toString(16).padStart(8, '0')}-0000-4000-8000-${place.toString(16).padStart(12, '0')}`;
const nobody = { lookups: [] };

const describe: Readonly<Record<Layer, Describe>> = {
  site: (place, draw) => ({ name: `Площадка ${place}`, attributes: { city: one(cities, draw), address: `ул. Мира, ${place + 1}` }, ...nobody }),
  ip_network: (place) => ({ name: `net-${place}`, attributes: { cidr: `${address(place * 256, 64)}/24`, vlan: (place % 4000) + 1 }, ...nobody }),
  rack: (place) => ({ name: `rack-${place}`, attributes: { serialNumber: `RK${place}`, manufacturer: 'Rittal', heightUnits: 42 }, ...nobody }),
  server: (place, draw) => ({
    name: `esx-${place}`,
    attributes: {
      serialNumber: `SRV${place}X`,
      manufacturer: one(['Dell', 'HPE', 'Yadro'], draw),
      model: `R${640 + (place % 7) * 10}`,
      biosUuid: uuidOf(1, place),
      cores: 32 + (place % 3) * 16,
      memoryGb: 256 << (place % 3),
      supportTeam: one(teams, draw),
    },
    lookups: [`esx-${place}.corp.example`, address(place, 16)],
  }),
  virtual_machine: (place, draw) => ({
    name: `vm-${place}`,
    attributes: {
      instanceUuid: uuidOf(2, place),
      operatingSystem: one(['Astra Linux', 'Debian', 'Windows Server'], draw),
      cores: 2 << (place % 3),
      memoryGb: 4 << (place % 4),
      diskGb: 40 + (place % 10) * 20,
      environment: one(['production', 'test', 'development'], draw),
      supportTeam: one(teams, draw),
    },
    lookups: [`vm-${place}.corp.example`, address(place, 32)],
  }),
  application: (place, draw, hostOf) => ({
    name: `${one(['nginx', 'billing', 'postgres', 'queue', 'портал'], draw)}-${place}`,
    attributes: { applicationVersion: `${1 + (place % 9)}.${place % 40}`, port: 1024 + (place % 60_000), supportTeam: one(teams, draw) },
    lookups: [],
    hosts: { runs_on: hostOf('virtual_machine', draw) },
  }),
  application_service: (place, draw) => ({
    name: `Услуга ${place}`,
    attributes: { environment: 'production', url: `https://service-${place}.corp.example`, owner: `owner-${Math.floor(draw() * 200)}` },
    lookups: [],
  }),
};

/** Mulberry32: the same numbers for the same place. */
function dice(index: number, turn: number): () => number {
  let state = Math.imul(index + 1, 0x9e3779b9) ^ Math.imul(turn + 1, 0x85ebca6b);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The enterprise as NDJSON of a snapshot, a piece for so many lines: first all items, then all relations. */
export function* tellEnterprise(enterprise: Enterprise, linesOfPiece = 500): Generator<{ text: string; records: number }, void> {
  let lines: string[] = [];
  const flush = () => {
    const piece = { text: `${lines.join('\n')}\n`, records: lines.length };
    lines = [];
    return piece;
  };
  for (let index = 0; index < enterprise.items; index++) {
    lines.push(JSON.stringify({ item: enterprise.item(index) }));
    if (lines.length === linesOfPiece) yield flush();
  }
  for (let index = 0; index < enterprise.items; index++) {
    for (let turn = 0; turn < relationsOfItem; turn++) {
      const relation = enterprise.relation(index, turn);
      if (relation) lines.push(JSON.stringify({ relation }));
    }
    if (lines.length >= linesOfPiece) yield flush();
  }
  if (lines.length > 0) yield flush();
}
