import { compileModel } from '../model/compile-model.ts';
import { aClass, label } from '../model/fixtures/small-model.ts';
import { listHealthRules, listStalePeriods } from './health-rules.ts';
import { scoreHealth } from './score.ts';

const text = { type: 'text' as const, label };
const model = compileModel({
  classes: [
    aClass('thing', {
      abstract: true,
      mustRelate: true,
      attributes: { owner: { ...text, searchable: true }, tags: { ...text, list: true, searchable: true }, note: text },
      states: {
        planned: { label, phase: 'planned' },
        in_use: { label, phase: 'active' },
        in_repair: { label, phase: 'maintenance' },
        disposed: { label, phase: 'retired' },
      },
      initialState: 'in_use',
    }),
    aClass('server', {
      parent: 'thing',
      attributes: {
        serial: text,
        rack: { ...text, required: true },
        memory: {
          ...text,
          authority: [{ source: 'agent', staleAfter: 'P7D' }, { source: 'vcenter', staleAfter: 'P1D' }, { source: 'excel' }],
        },
        os: { ...text, authority: [{ source: 'agent', staleAfter: 'P14D' }] },
      },
      identifiers: [{ scheme: 'serial', attributes: ['serial', 'name'], label }],
    }),
    aClass('site', { parent: 'thing', mustRelate: false }),
  ],
  relationTypes: [],
});

describe('an item is measured', () => {
  it('by what its class requires, tells items apart by, or lets people search for, and by the phases of its states', () => {
    expect(listHealthRules(model)).toEqual([
      {
        class: 'server',
        measured: ['owner', 'serial', 'rack'],
        required: ['rack'],
        mustRelate: true,
        usedStates: ['in_use', 'in_repair'],
        endedStates: ['disposed'],
      },
      { class: 'site', measured: ['owner'], required: [], mustRelate: false, usedStates: ['in_use', 'in_repair'], endedStates: ['disposed'] },
    ]);
  });

  it('by the longest period for which its class waits for a source', () => {
    expect(listStalePeriods(model)).toEqual([
      { class: 'server', source: 'agent', seconds: 14 * 86_400 },
      { class: 'server', source: 'vcenter', seconds: 86_400 },
    ]);
  });
});

describe('the score', () => {
  const none = { incomplete: 0, stale: 0, orphan: 0, duplicate: 0, disposed: 0, unauthorised: 0, unowned: 0 };
  it.each([
    ['nothing is nothing wrong', { ...none, items: 0, completeness: 0 }, 100],
    ['all is well', { ...none, items: 4, completeness: 4 }, 100],
    ['all is wrong', { incomplete: 4, stale: 4, orphan: 4, duplicate: 4, disposed: 4, unauthorised: 4, unowned: 4, items: 4, completeness: 0 }, 0],
    ['half is unowned', { ...none, items: 4, completeness: 4, unowned: 2 }, 92.9],
    ['what is incomplete counts once, as completeness', { ...none, items: 4, completeness: 2, incomplete: 3 }, 92.9],
  ])('of %s is right', (_, counts, score) => expect(scoreHealth(counts)).toBe(score));
});
