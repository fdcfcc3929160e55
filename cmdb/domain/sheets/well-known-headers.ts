import type { OwnField } from './sheet-class.ts';

/** What a column is often called, whatever the class calls it: the attributes (by usual names) or the own field that is then meant. */
export interface WellKnownHeader {
  attributes?: readonly string[];
  own?: OwnField;
  headers: readonly string[];
}

/** An attribute stands before the item's own field, and the first attribute that the class has before the others. */
export const wellKnownHeaders: readonly WellKnownHeader[] = [
  {
    attributes: ['inventoryNumber', 'assetTag'],
    headers: ['Инвентарный номер', 'Инв. №', 'Инвентарный', 'Инв. номер ОС', 'Inventory number', 'Inventory', 'Asset tag', 'Asset number'],
  },
  {
    attributes: ['serialNumber', 'serial'],
    headers: ['Серийный номер', 'Заводской номер', 'Серийник', 'С/Н', 'S/N', 'Serial number', 'Serial', 'Factory number'],
  },
  {
    attributes: ['manufacturer', 'vendor'],
    headers: ['Производитель', 'Изготовитель', 'Завод-изготовитель', 'Марка', 'Manufacturer', 'Vendor', 'Brand', 'Make'],
  },
  { attributes: ['model'], headers: ['Модель', 'Тип, модель', 'Марка/модель', 'Модификация', 'Model', 'Model number'] },
  { attributes: ['imei'], headers: ['IMEI', 'ИМЕИ', 'IMEI терминала'] },
  { attributes: ['vin'], headers: ['VIN', 'ВИН', 'VIN-код', 'Идентификационный номер (VIN)'] },
  {
    attributes: ['plateNumber', 'registrationNumber', 'licensePlate', 'plate'],
    headers: [
      'Гос. номер',
      'Госномер',
      'Государственный номер',
      'Регистрационный знак',
      'Рег. номер ТС',
      'Plate',
      'License plate',
      'Registration number',
    ],
  },
  { attributes: ['ip', 'ipAddress', 'address', 'addresses'], own: 'lookups', headers: ['IP', 'IP-адрес', 'IP address', 'Адрес IP'] },
  { attributes: ['mac', 'macAddress'], headers: ['MAC', 'MAC-адрес', 'MAC address', 'Физический адрес'] },
  {
    attributes: ['hostName', 'hostname', 'fqdn'],
    own: 'lookups',
    headers: ['Имя узла', 'Имя хоста', 'Сетевое имя', 'DNS-имя', 'Host name', 'Hostname', 'FQDN'],
  },
  {
    attributes: ['commissionedOn', 'commissionedAt', 'inServiceSince'],
    headers: [
      'Дата ввода в эксплуатацию',
      'Введён в эксплуатацию',
      'Дата ввода',
      'Ввод в экспл.',
      'Commissioned',
      'Commissioning date',
      'In service since',
    ],
  },
  {
    attributes: ['warrantyUntil', 'warrantyEnd'],
    headers: ['Гарантия до', 'Окончание гарантии', 'Дата окончания гарантии', 'Warranty until', 'Warranty end', 'Warranty expires'],
  },
  { attributes: ['verifiedUntil', 'nextVerification'], headers: ['Поверка до', 'Дата следующей поверки', 'Следующая поверка', 'Next verification'] },
  { attributes: ['inn', 'taxNumber'], headers: ['ИНН', 'INN', 'Tax number'] },
  {
    attributes: ['note', 'notes', 'comment', 'description'],
    headers: ['Примечание', 'Комментарий', 'Описание', 'Notes', 'Note', 'Comment', 'Remarks', 'Description'],
  },
  {
    own: 'name',
    headers: ['Наименование', 'Название', 'Имя', 'Наименование оборудования', 'Наименование объекта', 'Name', 'Title', 'Item', 'Item name'],
  },
  { own: 'key', headers: ['Код', 'Ключ', 'Идентификатор', 'ID', 'Внешний код', 'Код 1С', 'Key', 'Code', 'External ID'] },
  { own: 'class', headers: ['Класс', 'Класс КЕ', 'Тип КЕ', 'Вид оборудования', 'Class', 'CI class', 'CI type', 'Item class'] },
  { attributes: ['lifecycleState'], headers: ['Состояние', 'Статус', 'State', 'Status', 'Life-cycle state'] },
  { own: 'id', headers: ['Номер единицы в CMDB', 'Item id in the CMDB', 'ID в CMDB', 'CMDB id'] },
  { own: 'lookups', headers: ['Другие имена', 'Псевдонимы', 'Other names', 'Aliases'] },
  {
    attributes: ['organisation'],
    headers: [
      'Организация',
      'Юрлицо',
      'Юридическое лицо',
      'Балансодержатель',
      'Компания',
      'Предприятие',
      'Organisation',
      'Organization',
      'Company',
      'Legal entity',
    ],
  },
  {
    attributes: ['location', 'site'],
    headers: ['Площадка', 'Местоположение', 'Местонахождение', 'Место установки', 'Расположение', 'Объект', 'Site', 'Location', 'Place'],
  },
  {
    attributes: ['responsible', 'owner'],
    headers: [
      'Ответственный',
      'Ответственное лицо',
      'МОЛ',
      'Материально ответственное лицо',
      'ФИО ответственного',
      'Владелец',
      'Owner',
      'Responsible',
      'Responsible person',
    ],
  },
  {
    attributes: ['supportTeam'],
    headers: ['Группа поддержки', 'Обслуживающее подразделение', 'Кто обслуживает', 'Support team', 'Support group', 'Assignment group'],
  },
];
