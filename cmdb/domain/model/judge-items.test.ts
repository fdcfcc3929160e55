import { compileModel } from './compile-model.ts';
import { label, smallModel } from './fixtures/small-model.ts';
import { judgeCrowded, judgeItems, judgeRelations, mostFindings, noFindings } from './judge-items.ts';
import type { Migration } from './migration.ts';
import type { ModelDefinition } from './model.ts';

const next: ModelDefinition = {
  classes: smallModel.classes
    .filter(({ name }) => name !== 'place')
    .map((own) => {
      if (own.name === 'server')
        return { ...own, attributes: { memoryGb: { type: 'integer', label, maximum: 64 }, owner: { type: 'text', label, required: true } } };
      if (own.name !== 'machine') return own;
      const { serialNumber: _, ...attributes } = own.attributes ?? {};
      return { ...own, attributes, identifiers: [] };
    }),
  relationTypes: smallModel.relationTypes.filter(({ name }) => name === 'depends_on'),
};
const judging = (migrations: Migration[] = []) => ({ before: compileModel(smallModel), after: compileModel(next), migrations });
const server = (id: string, attributes: Record<string, unknown>) => ({ id, name: id, class: 'server', attributes });

describe('a test of a draft', () => {
  it('tells why items would become invalid, and counts it by class', () => {
    const items = [
      server('a', { memoryGb: 128, owner: 'x' }),
      server('b', { serialNumber: 'S1' }),
      { id: 'c', name: 'c', class: 'place', attributes: {} },
      server('d', { memoryGb: 1, owner: 'x' }),
    ];
    const found = judgeItems(judgeItems(noFindings, items.slice(0, 2), judging()), items.slice(2), judging());
    expect(found.findings.map(({ itemId, reason, pointer }) => [itemId, reason, pointer])).toEqual([
      ['a', 'value', '/attributes/memoryGb'],
      ['b', 'required', '/attributes/owner'],
      ['b', 'attribute', '/attributes/serialNumber'],
      ['c', 'class', '/class'],
    ]);
    expect(found.counts).toEqual([
      { class: 'server', reason: 'value', attribute: 'memoryGb', count: 1 },
      { class: 'server', reason: 'required', attribute: 'owner', count: 1 },
      { class: 'server', reason: 'attribute', attribute: 'serialNumber', count: 1 },
      { class: 'place', reason: 'class', count: 1 },
    ]);
    expect(found).toMatchObject({ invalid: 3, alreadyInvalid: 0 });
  });

  it('looks at items as the migrations leave them', () => {
    const migrations: Migration[] = [
      { kind: 'dropInvalid', class: 'server', attribute: 'memoryGb' },
      { kind: 'setDefault', class: 'server', attribute: 'owner', value: 'nobody' },
      { kind: 'dropAttribute', class: 'machine', attribute: 'serialNumber' },
      { kind: 'moveItems', class: 'place', to: 'machine' },
    ];
    const items = [server('a', { memoryGb: 128, serialNumber: 'S1' }), { id: 'c', name: 'c', class: 'place', attributes: {} }];
    expect(judgeItems(noFindings, items, judging(migrations))).toEqual(noFindings);
  });

  it('does not hold against the draft what is wrong today', () => {
    const found = judgeItems(
      noFindings,
      [server('a', { memoryGb: 10_000, owner: 'x' }), { id: 'b', name: 'b', class: 'spaceship', attributes: {} }],
      judging(),
    );
    expect(found).toEqual({ ...noFindings, alreadyInvalid: 2 });
    const lost = judgeItems(noFindings, [server('c', { serialNumber: 'x'.repeat(50), owner: 'x' })], judging());
    expect(lost).toMatchObject({ alreadyInvalid: 1, counts: [{ reason: 'attribute', attribute: 'serialNumber', count: 1 }] });
  });

  it('keeps the first findings and counts all', () => {
    const items = Array.from({ length: mostFindings + 5 }, (_, index) => server(`s${index}`, {}));
    const found = judgeItems(noFindings, items, judging());
    expect([found.findings.length, found.invalid, found.counts]).toEqual([
      mostFindings,
      mostFindings + 5,
      [{ class: 'server', reason: 'required', attribute: 'owner', count: mostFindings + 5 }],
    ]);
  });

  it('looks at relations by the classes that their ends get, and at what would be too many', () => {
    const relation = { id: 'r', type: 'depends_on', fromId: 'a', fromName: 'a', fromClass: 'server', toClass: 'place' };
    expect(judgeRelations(noFindings, [relation, { ...relation, type: 'located_in' }], judging()).findings.map(({ message }) => message)).toEqual([
      '"depends_on" does not tie server → place',
      '"located_in" is no type of relation',
    ]);
    expect(judgeRelations(noFindings, [relation], judging([{ kind: 'moveItems', class: 'place', to: 'machine' }]))).toEqual(noFindings);
    expect(judgeCrowded(noFindings, [{ id: 'a', name: 'a', class: 'server', type: 'depends_on', count: 2 }]).counts).toEqual([
      { class: 'server', reason: 'relation', relationType: 'depends_on', count: 1 },
    ]);
  });
});
