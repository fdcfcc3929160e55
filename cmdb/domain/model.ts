/** A word for people in both languages. */
interface Label {
  ru: string;
  en: string;
}

/** Which way failure travels along a relation: `forward` from its `from` to its `to`, `backward` from `to` to `from`. */
export type Failure = 'forward' | 'backward' | 'both' | 'none';

/** What an item may be. Names follow CSDM where it has one. */
export const itemClasses: ReadonlyMap<string, Label> = new Map([
  ['business_service', { ru: 'Бизнес-услуга', en: 'Business service' }],
  ['service_offering', { ru: 'Предложение услуги', en: 'Service offering' }],
  ['application_service', { ru: 'Прикладная служба', en: 'Application service' }],
  ['server', { ru: 'Сервер', en: 'Server' }],
  ['virtual_machine', { ru: 'Виртуальная машина', en: 'Virtual machine' }],
  ['cluster', { ru: 'Кластер', en: 'Cluster' }],
  ['network_device', { ru: 'Сетевое устройство', en: 'Network device' }],
  ['storage', { ru: 'Система хранения данных', en: 'Storage system' }],
  ['database', { ru: 'База данных', en: 'Database' }],
  ['workstation', { ru: 'Рабочая станция', en: 'Workstation' }],
  ['printer', { ru: 'Принтер', en: 'Printer' }],
  ['telephone', { ru: 'Телефон', en: 'Telephone' }],
  ['site', { ru: 'Площадка', en: 'Site' }],
  ['building', { ru: 'Здание', en: 'Building' }],
  ['room', { ru: 'Помещение', en: 'Room' }],
  ['power_supply', { ru: 'Электропитание', en: 'Power supply' }],
  ['pumping_station', { ru: 'Насосная станция', en: 'Pumping station' }],
  ['pump', { ru: 'Насос', en: 'Pump' }],
  ['meter', { ru: 'Прибор учёта', en: 'Meter' }],
  ['vehicle', { ru: 'Транспортное средство', en: 'Vehicle' }],
  ['telematics_terminal', { ru: 'Телематический терминал', en: 'Telematics terminal' }],
]);

/** How two items may be related: read `from` label `to`. */
export const relationTypes: ReadonlyMap<string, { label: Label; failure: Failure }> = new Map([
  ['depends_on', { label: { ru: 'зависит от', en: 'depends on' }, failure: 'backward' }],
  ['runs_on', { label: { ru: 'работает на', en: 'runs on' }, failure: 'backward' }],
  ['hosted_on', { label: { ru: 'размещается на', en: 'is hosted on' }, failure: 'backward' }],
  ['located_in', { label: { ru: 'находится в', en: 'is located in' }, failure: 'backward' }],
  ['connected_to', { label: { ru: 'подключается через', en: 'is connected through' }, failure: 'backward' }],
  ['part_of', { label: { ru: 'входит в состав', en: 'is part of' }, failure: 'forward' }],
  ['supplies', { label: { ru: 'питает', en: 'supplies' }, failure: 'forward' }],
  ['replicates_with', { label: { ru: 'реплицируется с', en: 'replicates with' }, failure: 'both' }],
  ['documents', { label: { ru: 'описывает', en: 'documents' }, failure: 'none' }],
]);

/** The types along which failure travels from `from` to `to`, and those along which it travels from `to` to `from`. */
export const failureTypes: { readonly forward: readonly string[]; readonly backward: readonly string[] } = {
  forward: typesThatTravel('forward'),
  backward: typesThatTravel('backward'),
};

function typesThatTravel(way: 'forward' | 'backward'): string[] {
  return [...relationTypes].filter(([, { failure }]) => failure === way || failure === 'both').map(([name]) => name);
}
