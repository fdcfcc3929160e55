import fc from 'fast-check';
import { AppError } from '../../../platform/errors/app-error.ts';
import { compileModel } from './compile-model.ts';
import { aClass, aType, label, smallModel } from './fixtures/small-model.ts';
import type { ClassDefinition, ModelDefinition } from './model.ts';

/** Pointers of all that is wrong, and what is said there. */
function mistakesOf(definition: ModelDefinition): Record<string, string> {
  try {
    compileModel(definition);
    return {};
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return Object.fromEntries(error.violations.map(({ pointer, message }) => [pointer, message]));
  }
}

const mistakesOfClass = (own: ClassDefinition) => mistakesOf({ classes: [own, ...smallModel.classes], relationTypes: smallModel.relationTypes });

describe('a compiled model', () => {
  const model = compileModel(smallModel);

  it('gives a class what its ancestors have, whatever the order in which they are written', () => {
    const server = model.classes.get('server');
    expect([...(server?.attributes.values() ?? [])].map(({ name, declaredBy }) => [name, declaredBy])).toEqual([
      ['note', 'thing'],
      ['lifecycleState', 'thing'],
      ['serialNumber', 'machine'],
      ['environment', 'machine'],
      ['addresses', 'machine'],
      ['memoryGb', 'server'],
    ]);
    expect(server?.identifiers.map(({ scheme, declaredBy }) => [scheme, declaredBy])).toEqual([
      ['serial', 'machine'],
      ['name', 'thing'],
    ]);
    expect(server).toMatchObject({ ancestors: ['machine', 'thing'], initialState: 'planned', abstract: false });
    expect([...(server?.states.keys() ?? [])]).toEqual(['planned', 'in_use']);
  });

  it('lets a class refine an attribute, an identifier and its states', () => {
    const states = { running: { label, phase: 'active' as const } };
    const blade = aClass('blade', {
      parent: 'server',
      attributes: { memoryGb: { type: 'integer', label, maximum: 512 } },
      identifiers: [{ scheme: 'serial', attributes: ['serialNumber', 'name'], label }],
      states,
      initialState: 'running',
    });
    const compiled = compileModel({ ...smallModel, classes: [...smallModel.classes, blade] }).classes.get('blade');
    expect(compiled?.attributes.get('memoryGb')).toMatchObject({ maximum: 512, declaredBy: 'blade' });
    expect(compiled?.identifiers.map(({ scheme, attributes }) => [scheme, attributes.length])).toEqual([
      ['serial', 2],
      ['name', 1],
    ]);
    expect([...(compiled?.states.keys() ?? [])]).toEqual(['running']);
    expect(compiled?.attributes.get('lifecycleState')).toMatchObject({
      values: [{ value: 'running', label }],
      default: 'running',
      declaredBy: 'blade',
    });
  });

  it('gives a class that has states the attribute of the state, which begins with the first and which no class defines itself', () => {
    expect(model.classes.get('server')?.attributes.get('lifecycleState')).toMatchObject({
      type: 'choice',
      label: { ru: 'Состояние жизненного цикла' },
      values: [{ value: 'planned' }, { value: 'in_use' }],
      default: 'planned',
    });
    const stateless = compileModel({ classes: [aClass('note')], relationTypes: [] }).classes.get('note');
    expect([...(stateless?.attributes.keys() ?? [])]).toEqual([]);
    const begun = compileModel({ ...smallModel, classes: [...smallModel.classes, aClass('pump', { parent: 'thing', initialState: 'in_use' })] });
    expect(begun.classes.get('pump')?.attributes.get('lifecycleState')).toMatchObject({ default: 'in_use', declaredBy: 'pump' });
    expect(mistakesOfClass(aClass('crane', { attributes: { lifecycleState: { type: 'text', label } } }))).toEqual({
      '/classes/0/attributes/lifecycleState': 'is made from the states of the class: change those',
    });
  });

  it('knows who descends from whom and where failure goes', () => {
    expect([model.isA('server', 'thing'), model.isA('server', 'server'), model.isA('place', 'machine'), model.isA('nobody', 'thing')]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(model.failureTypes).toEqual({ forward: ['twin_of'], backward: ['depends_on', 'located_in', 'twin_of'] });
  });

  it('inherits down any tree: a class has exactly what stands on the way to its root', () => {
    const trees = fc
      .array(fc.nat(), { minLength: 1, maxLength: 30 })
      .map((draws) =>
        draws.map((draw, index) =>
          aClass(`c${index}`, { ...(index > 0 && { parent: `c${draw % index}` }), attributes: { [`a${index}`]: { type: 'text', label } } }),
        ),
      );
    fc.assert(
      fc.property(trees, fc.func(fc.double()), (classes, order) => {
        const shuffled = [...classes].sort((one, other) => order(one.name) - order(other.name));
        const compiled = compileModel({ classes: shuffled, relationTypes: [] });
        for (const { name } of classes) {
          const way: string[] = [];
          for (let at: string | undefined = name; at !== undefined; at = classes.find((one) => one.name === at)?.parent) way.push(at);
          expect([...(compiled.classes.get(name)?.attributes.keys() ?? [])]).toEqual(way.reverse().map((one) => one.replace('c', 'a')));
          for (const one of way) expect(compiled.isA(name, one)).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('a model that does not hold together', () => {
  it('is refused with all that is wrong at once', () => {
    const found = mistakesOf({
      classes: [
        aClass('Bad name'),
        aClass('a', { parent: 'b' }),
        aClass('b', { parent: 'a' }),
        aClass('orphan', { parent: 'nobody', attributes: { x: { type: 'text', label, pattern: '(' } } }),
        aClass('orphan'),
      ],
      relationTypes: [aType('affects', { ends: [{ from: 'a', to: 'nobody' }], weight: 2 }), aType('lonely', { ends: [] })],
    });
    expect(Object.keys(found).sort()).toEqual([
      '/classes/0/name',
      '/classes/2/parent',
      '/classes/3/attributes/x/pattern',
      '/classes/3/parent',
      '/classes/4/name',
      '/relationTypes/0/ends/0/to',
      '/relationTypes/0/name',
      '/relationTypes/0/weight',
      '/relationTypes/1/ends',
    ]);
    expect(found['/classes/2/parent']).toBe('leads round in a circle: a → b → a');
  });

  it.each([
    ['an attribute of every item', { name: { type: 'text', label } }, '/classes/0/attributes/name'],
    ['a name that every object has', { constructor: { type: 'text', label } }, '/classes/0/attributes/constructor'],
    ['a name that is not in camelCase', { 'Серийный номер': { type: 'text', label } }, '/classes/0/attributes/Серийный номер'],
    ['another type than the inherited one', { serialNumber: { type: 'integer', label } }, '/classes/0/attributes/serialNumber/type'],
    ['a list of what was one', { serialNumber: { type: 'text', label, list: true } }, '/classes/0/attributes/serialNumber/type'],
    ['a choice of nothing', { kind: { type: 'choice', label } }, '/classes/0/attributes/kind/values'],
    ['values of a text', { kind: { type: 'text', label, values: [{ value: 'a', label }] } }, '/classes/0/attributes/kind/values'],
    [
      'a value twice',
      { kind: { type: 'choice', label, values: ['a', 'A'].map((value) => ({ value, label })) } },
      '/classes/0/attributes/kind/values/1/value',
    ],
    ['a range of a text', { kind: { type: 'text', label, minimum: 1 } }, '/classes/0/attributes/kind/minimum'],
    ['a range of nothing', { kind: { type: 'integer', label, minimum: 2, maximum: 1 } }, '/classes/0/attributes/kind/maximum'],
    ['a length of a number', { kind: { type: 'integer', label, maxLength: 2 } }, '/classes/0/attributes/kind/maxLength'],
    ['a default that does not fit', { kind: { type: 'integer', label, default: 'x' } }, '/classes/0/attributes/kind/default'],
    ['a default that says nothing', { kind: { type: 'text', label, default: ' ' } }, '/classes/0/attributes/kind/default'],
    [
      'a period that is none',
      { kind: { type: 'text', label, authority: [{ source: 'a', staleAfter: '7 days' }] } },
      '/classes/0/attributes/kind/authority/0/staleAfter',
    ],
    [
      'an authority twice',
      { kind: { type: 'text', label, authority: [{ source: 'a' }, { source: 'a' }] } },
      '/classes/0/attributes/kind/authority/1/source',
    ],
  ] as [string, ClassDefinition['attributes'], string][])('has an attribute with %s', (_, attributes, pointer) => {
    expect(Object.keys(mistakesOfClass(aClass('own', { parent: 'server', ...(attributes && { attributes }) })))).toEqual([pointer]);
  });

  it.each([
    [
      'an identifier of attributes that do not exist',
      { identifiers: [{ scheme: 'x', attributes: ['serialNumber', 'vin'], label }] },
      '/classes/0/identifiers/0/attributes/1',
    ],
    ['an identifier of nothing', { identifiers: [{ scheme: 'x', attributes: [], label }] }, '/classes/0/identifiers/0/attributes'],
    ['an identifier twice', { identifiers: [1, 2].map(() => ({ scheme: 'x', attributes: ['name'], label })) }, '/classes/0/identifiers/1/scheme'],
    [
      'a host by a relation that does not exist',
      { identifiers: [{ scheme: 'x', attributes: ['name'], withinHost: 'lives_in', label }] },
      '/classes/0/identifiers/0/withinHost',
    ],
    ['states without one to begin with', { states: { new: { label, phase: 'planned' } } }, '/classes/0/initialState'],
    ['a first state that does not exist', { initialState: 'nowhere' }, '/classes/0/initialState'],
    ['control over an attribute that does not exist', { controlled: ['*', 'vin'] }, '/classes/0/controlled/1'],
  ] as [string, Partial<ClassDefinition>, string][])('has a class with %s', (_, more, pointer) => {
    expect(Object.keys(mistakesOfClass(aClass('own', { parent: 'server', ...more })))).toEqual([pointer]);
  });
});
