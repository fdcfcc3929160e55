import { compareModels } from './compare-models.ts';
import { compileModel } from './compile-model.ts';
import { decidePublish } from './decide-publish.ts';
import { smallModel } from './fixtures/small-model.ts';
import { judgeItems, noFindings } from './judge-items.ts';
import type { Migration } from './migration.ts';

const before = compileModel(smallModel);
const after = compileModel({ ...smallModel, classes: smallModel.classes.map((own) => (own.name === 'server' ? { ...own, attributes: {} } : own)) });
const losses = compareModels(before, after);
const test = (...migrations: Migration[]) =>
  judgeItems(noFindings, [{ id: 'a', name: 'a', class: 'server', attributes: { memoryGb: 8 } }], { before, after, migrations });
const publish = (more: Partial<Parameters<typeof decidePublish>[0]> = {}) =>
  decidePublish({ base: 1, current: 1, before, losses, tested: noFindings, acceptInvalid: false, ...more });

describe('a draft', () => {
  it('may become the model when nothing of the inventory is lost by it', () => {
    expect(() => publish()).not.toThrow();
    expect(() => publish({ tested: test({ kind: 'dropAttribute', class: 'server', attribute: 'memoryGb' }) })).not.toThrow();
  });

  it('of an old version is a conflict', () => {
    expect(() => publish({ current: 2 })).toThrow(expect.objectContaining({ kind: 'conflict' }));
  });

  it('that would lose data is refused, with the migration that is asked for, also when somebody accepts invalid items', () => {
    const refused = expect.objectContaining({
      kind: 'invalid_input',
      violations: [{ pointer: '/classes/server/attributes/memoryGb', message: expect.stringContaining('"kind":"dropAttribute"') }],
    });
    expect(() => publish({ tested: test() })).toThrow(refused);
    expect(() => publish({ tested: test(), acceptInvalid: true })).toThrow(refused);
  });

  it('under which items become invalid waits until somebody accepts that', () => {
    const tested = { ...noFindings, invalid: 3, counts: [{ class: 'server', reason: 'value' as const, attribute: 'note', count: 3 }] };
    expect(() => publish({ losses: [], tested })).toThrow(
      expect.objectContaining({
        kind: 'illegal_state',
        violations: [{ pointer: '/classes/server/attributes/note', message: '3 would become invalid (value)' }],
      }),
    );
    expect(() => publish({ losses: [], tested, acceptInvalid: true })).not.toThrow();
  });
});
