import { type CompiledModel, compileModel } from '../domain/model/compile-model.ts';
import type { Label } from '../domain/model/model.ts';
import { readPacks } from './read-packs.ts';

/** Classes and types of relations that others may rely on: they were there before the model was data. */
const classes = [
  'business_service',
  'service_offering',
  'application_service',
  'server',
  'virtual_machine',
  'cluster',
  'network_device',
  'storage',
  'database',
  'workstation',
  'printer',
  'telephone',
  'site',
  'building',
  'room',
  'power_supply',
  'pumping_station',
  'pump',
  'meter',
  'vehicle',
  'telematics_terminal',
];

describe('the model that comes with the program', () => {
  let model: CompiledModel;
  beforeAll(async () => {
    model = compileModel(await readPacks());
  });

  it('has the classes and ways of failure that others rely on', () => {
    expect(classes.filter((name) => model.classes.get(name)?.abstract !== false)).toEqual([]);
    expect(model.failureTypes.backward).toEqual(
      expect.arrayContaining(['depends_on', 'runs_on', 'hosted_on', 'located_in', 'connected_to', 'replicates_with']),
    );
    expect(model.failureTypes.forward).toEqual(expect.arrayContaining(['part_of', 'supplies', 'replicates_with']));
    expect(model.relationTypes.get('documents')?.failure).toBe('none');
  });

  it('gives every class a life from its first state to being retired', () => {
    const phases = [...model.classes.values()].map(({ name, states, initialState = '' }) => [
      name,
      states.has(initialState),
      [...states.values()].some(({ phase }) => phase === 'active') && [...states.values()].some(({ phase }) => phase === 'retired'),
    ]);
    expect(phases.filter(([, begins, ends]) => !begins || !ends)).toEqual([]);
  });

  it.each([
    ['server', ['serial', 'bios_uuid', 'inventory_number']],
    ['virtual_machine', ['instance_uuid', 'bios_uuid']],
    ['database', ['name_within']],
    ['network_port', ['name_within']],
    ['filesystem', ['name_within']],
    ['vehicle', ['vin', 'plate', 'serial', 'inventory_number']],
    ['telematics_terminal', ['imei', 'serial', 'inventory_number']],
    ['water_meter', ['serial', 'serial_and_type', 'name_and_address', 'inventory_number']],
    ['pumping_station', ['inventory_number', 'name_and_address']],
    ['site', ['name_and_address']],
  ])('tells a %s by %j, in this order', (name, schemes) => {
    expect(model.classes.get(name)?.identifiers.map(({ scheme }) => scheme)).toEqual(schemes);
  });

  it('says every word in both languages', () => {
    const words: [string, Label | undefined][] = [];
    for (const { name, label, help, attributes, identifiers, states } of model.classes.values()) {
      words.push([name, label], [`${name} help`, help ?? label]);
      for (const attribute of attributes.values()) {
        words.push([`${name}.${attribute.name}`, attribute.label], [`${name}.${attribute.name} help`, attribute.help ?? attribute.label]);
        for (const { value, label: word } of attribute.values ?? []) words.push([`${name}.${attribute.name}=${value}`, word]);
      }
      for (const entry of identifiers) words.push([`${name} ${entry.scheme}`, entry.label]);
      for (const [state, { label: word }] of states) words.push([`${name} ${state}`, word]);
    }
    for (const { name, label, inverse } of model.relationTypes.values()) words.push([name, label], [`${name} inverse`, inverse]);
    expect(words.filter(([, word]) => !word?.ru.trim() || !word.en.trim()).map(([place]) => place)).toEqual([]);
    expect(words.filter(([, word]) => /[а-яё]/i.test(word?.en ?? '')).map(([place]) => place)).toEqual([]);
  });

  it('requires nothing, so that no source is refused for what it does not know', () => {
    const required = [...model.classes.values()].flatMap(({ attributes }) => [...attributes.values()].filter((attribute) => attribute.required));
    expect(required).toEqual([]);
  });
});
