import fc from 'fast-check';
import { checkItem } from './check-item.ts';
import { compareModels } from './compare-models.ts';
import { compileModel } from './compile-model.ts';
import { aClass, aType, label, smallModel } from './fixtures/small-model.ts';
import type { AttributeDefinition, ClassDefinition, ModelDefinition } from './model.ts';

const before = compileModel(smallModel);

/** Losses of a model in which some classes and types are written anew, and others are gone. */
function lossesOf(change: { classes?: Record<string, Partial<ClassDefinition>>; types?: ModelDefinition['relationTypes']; without?: string[] }) {
  const { classes = {}, types = smallModel.relationTypes, without = [] } = change;
  const after = compileModel({
    classes: smallModel.classes.filter(({ name }) => !without.includes(name)).map((own) => ({ ...own, ...classes[own.name] })),
    relationTypes: types.filter(({ name }) => !without.includes(name)),
  });
  return compareModels(before, after);
}

const machine = smallModel.classes[1]?.attributes ?? {};
const memory = (more: Partial<AttributeDefinition>) => ({
  server: { attributes: { memoryGb: { type: 'integer' as const, label, minimum: 1, maximum: 4096, ...more } } },
});

describe('a new version', () => {
  it('takes nothing away when it only adds, widens or renames for people', () => {
    const more: ModelDefinition = {
      classes: [
        aClass('pump', { parent: 'thing', attributes: { powerKw: { type: 'decimal', label, required: true } } }),
        ...smallModel.classes.map((own) =>
          own.name === 'server'
            ? {
                ...own,
                label: { ru: 'Железо', en: 'Iron' },
                attributes: { memoryGb: { type: 'decimal' as const, label }, cores: { type: 'integer' as const, label } },
              }
            : own,
        ),
      ],
      relationTypes: [...smallModel.relationTypes, aType('feeds')],
    };
    expect(compareModels(before, compileModel(more))).toEqual([]);
  });

  it.each([
    [
      'an attribute that is gone',
      { classes: { server: { attributes: {} } } },
      'attributeRemoved',
      '/classes/server/attributes/memoryGb',
      'dropAttribute',
    ],
    [
      'another type',
      { classes: memory({ type: 'boolean', minimum: undefined, maximum: undefined } as never) },
      'typeChanged',
      '/classes/server/attributes/memoryGb',
      'dropInvalid',
    ],
    ['a smaller range', { classes: memory({ maximum: 512 }) }, 'narrowed', '/classes/server/attributes/memoryGb', 'dropInvalid'],
    ['something that becomes required', { classes: memory({ required: true }) }, 'required', '/classes/server/attributes/memoryGb', 'setDefault'],
    [
      'a shorter text',
      { classes: { machine: { attributes: { ...machine, serialNumber: { type: 'text', label, maxLength: 10 } } } } },
      'narrowed',
      '/classes/machine/attributes/serialNumber',
      'dropInvalid',
    ],
    [
      'a value that cannot be chosen any more',
      { classes: { machine: { attributes: { ...machine, environment: { type: 'choice', label, values: [{ value: 'test', label }] } } } } },
      'valueRemoved',
      '/classes/machine/attributes/environment',
      'mapValue',
    ],
    [
      'one in place of many',
      { classes: { machine: { attributes: { ...machine, addresses: { type: 'ip', label } } } } },
      'typeChanged',
      '/classes/machine/attributes/addresses',
      'dropInvalid',
    ],
    ['a class that is gone', { without: ['server', 'twin_of'] }, 'classRemoved', '/classes/server', 'moveItems'],
    ['a class that becomes abstract', { classes: { machine: { abstract: true } } }, 'classAbstract', '/classes/machine', 'moveItems'],
    [
      'a state that is gone',
      { classes: { thing: { states: { planned: { label, phase: 'planned' } } } } },
      'stateRemoved',
      '/classes/thing/states/in_use',
      'mapValue',
    ],
    ['a type of relation that is gone', { without: ['depends_on'] }, 'relationTypeRemoved', '/relationTypes/depends_on', undefined],
    [
      'a type of relation for fewer classes',
      { types: [...smallModel.relationTypes.slice(1), aType('depends_on', { ends: [{ from: 'server', to: 'thing' }] })] },
      'endsNarrowed',
      '/relationTypes/depends_on/ends',
      undefined,
    ],
    [
      'a type of relation that is one where it was many',
      { types: [...smallModel.relationTypes.slice(1), aType('depends_on', { cardinality: 'one_to_many' })] },
      'cardinalityNarrowed',
      '/relationTypes/depends_on/cardinality',
      undefined,
    ],
  ] as [string, Parameters<typeof lossesOf>[0], string, string, string | undefined][])(
    'is told to have %s once, where it was declared',
    (_, change, kind, pointer, migration) => {
      const found = lossesOf(change).filter((loss) => loss.kind === kind);
      expect(found.map((loss) => [loss.pointer, loss.migration?.kind])).toEqual([[pointer, migration]]);
    },
  );

  it('that moves a class away from its parent loses what it had of it', () => {
    const found = lossesOf({ classes: { server: { parent: 'thing' } }, types: smallModel.relationTypes.slice(0, 1) });
    expect(found.filter(({ kind }) => kind === 'attributeRemoved').map(({ class: name, attribute }) => [name, attribute])).toEqual([
      ['server', 'serialNumber'],
      ['server', 'environment'],
      ['server', 'addresses'],
    ]);
  });

  it('that lost nothing has a place for every item of the version before', () => {
    const attribute = fc.record({
      type: fc.constantFrom('text' as const, 'integer' as const, 'decimal' as const, 'boolean' as const),
      list: fc.boolean(),
      required: fc.boolean(),
      minimum: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
      maxLength: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    });
    const oneOf = (drawn: (typeof attribute extends fc.Arbitrary<infer Drawn> ? Drawn : never) | undefined) => {
      if (!drawn) return undefined;
      const { type, list, required, minimum, maxLength } = drawn;
      const isNumber = type === 'integer' || type === 'decimal';
      return {
        type,
        label,
        list,
        required,
        ...(isNumber && minimum !== undefined && { minimum }),
        ...(type === 'text' && maxLength !== undefined && { maxLength }),
      };
    };
    const value = fc.oneof(fc.string({ maxLength: 5 }), fc.integer({ min: -2, max: 5 }), fc.double({ min: 0, max: 3, noNaN: true }), fc.boolean());
    const models = fc.tuple(attribute, fc.option(attribute, { nil: undefined }));
    fc.assert(
      fc.property(models, fc.option(fc.oneof(value, fc.array(value, { maxLength: 3 })), { nil: undefined }), ([old, now], x) => {
        const modelOf = (drawn: ReturnType<typeof oneOf>) =>
          compileModel({ classes: [aClass('thing', { attributes: drawn ? { x: drawn } : {} })], relationTypes: [] });
        const [one, other] = [modelOf(oneOf(old)), modelOf(oneOf(now))];
        const item = checkItem(one, { class: 'thing', attributes: x === undefined ? {} : { x } });
        fc.pre(item.violations.length === 0 && compareModels(one, other).length === 0);
        expect(checkItem(other, { class: 'thing', attributes: item.attributes }).violations).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
