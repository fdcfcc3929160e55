import { diffModels } from './diff-models.ts';
import { aClass, aType, label, smallModel } from './fixtures/small-model.ts';

describe('the difference of two models', () => {
  it('is nothing when they say the same in another order', () => {
    const turned = { classes: [...smallModel.classes].reverse(), relationTypes: [...smallModel.relationTypes].reverse() };
    expect(diffModels(smallModel, turned)).toEqual([]);
  });

  it('is told by names: what came, what went, what is another', () => {
    const [server, ...others] = smallModel.classes;
    const after = {
      classes: [
        ...others.filter(({ name }) => name !== 'place'),
        {
          ...aClass('server', server),
          attributes: { memoryGb: { type: 'integer' as const, label, minimum: 1, maximum: 512, unit: 'GB' } },
          controlled: ['memoryGb'],
        },
        aClass('pump'),
      ],
      relationTypes: smallModel.relationTypes.map((type) => (type.name === 'twin_of' ? aType('twin_of', { ...type, ends: [] }) : type)),
    };
    expect(diffModels(smallModel, after)).toEqual([
      { pointer: '/classes/server/attributes/memoryGb/maximum', change: 'changed', before: 4096, after: 512 },
      { pointer: '/classes/server/attributes/memoryGb/unit', change: 'changed', before: 'ГБ', after: 'GB' },
      { pointer: '/classes/server/controlled', change: 'added', after: ['memoryGb'] },
      { pointer: '/classes/place', change: 'removed', before: { label, parent: 'thing' } },
      { pointer: '/classes/pump', change: 'added', after: { label } },
      { pointer: '/relationTypes/twin_of/ends', change: 'changed', before: [{ from: 'server', to: 'server' }], after: [] },
    ]);
  });
});
