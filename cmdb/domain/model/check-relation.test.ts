import { checkCardinality, checkRelation } from './check-relation.ts';
import { compileModel } from './compile-model.ts';
import { smallModel } from './fixtures/small-model.ts';

const model = compileModel(smallModel);

describe('a relation', () => {
  it('ties the classes that its type names, and what descends from them', () => {
    expect(checkRelation(model, { type: 'located_in', fromClass: 'server', toClass: 'place' })).toEqual([]);
    expect(checkRelation(model, { type: 'depends_on', fromClass: 'place', toClass: 'server' })).toEqual([]);
    expect(checkRelation(model, { type: 'located_in', fromClass: 'place', toClass: 'server' }, '/relations/2')).toEqual([
      { pointer: '/relations/2/type', message: '"located_in" does not tie place → server; it may tie machine → place' },
    ]);
  });

  it('is of a type that the model knows', () => {
    expect(checkRelation(model, { type: 'loves', fromClass: 'server', toClass: 'place' })).toEqual([
      { pointer: '/type', message: '"loves" is no type of relation; there are depends_on, located_in, twin_of' },
    ]);
  });

  it('is not judged by an end that is not known', () => {
    expect(checkRelation(model, { type: 'located_in', fromClass: 'server', toClass: undefined })).toEqual([]);
  });
});

describe('the number of relations', () => {
  const pointers = { from: '/fromId', to: '/toId' };
  const refused = (type: string, ofFrom: number, ofTo: number) =>
    checkCardinality(model, type, { ofFrom, ofTo }, pointers).map(({ pointer }) => pointer);

  it.each([
    ['depends_on', 5, 5, []],
    ['located_in', 1, 5, []],
    ['located_in', 2, 5, ['/fromId']],
    ['twin_of', 1, 1, []],
    ['twin_of', 2, 2, ['/fromId', '/toId']],
  ] as [string, number, number, string[]][])('of %s may be %i at its beginning and %i at its end: refused at %j', (type, ofFrom, ofTo, pointer) => {
    expect(refused(type, ofFrom, ofTo)).toEqual(pointer);
  });
});
