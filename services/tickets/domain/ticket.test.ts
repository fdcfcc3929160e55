import { applyPatch, formatNumber, type PriorityMatrix, type TicketState } from './ticket.ts';

const row = { high: 'high', medium: 'moderate', low: 'low' } as const;
const matrix: PriorityMatrix = { high: { ...row, high: 'critical' }, medium: row, low: row };
const ticket: TicketState = {
  id: 't',
  number: 'INC-000001',
  type: 'incident',
  lifecycle: 'incident',
  lifecycleVersion: 1,
  matrixVersion: 1,
  status: 'new',
  subject: 'Нет связи',
  impact: 'low',
  urgency: 'high',
  priority: 'high',
  items: [],
  alertIds: [],
  takenOver: false,
  isOver: false,
  version: 4,
  createdAt: 1,
  updatedAt: 1,
};

describe('a ticket', () => {
  it('has a short number with its type before it', () => {
    expect(formatNumber('incident', 42)).toBe('INC-000042');
    expect(formatNumber('request', 1_234_567)).toBe('REQ-1234567');
  });

  it('takes its priority from impact and urgency when one of them changes', () => {
    const changed = applyPatch(ticket, { impact: 'high' }, matrix, 9);
    expect(changed?.ticket).toMatchObject({ impact: 'high', priority: 'critical', version: 5, updatedAt: 9, takenOver: true });
    expect(changed?.changes).toEqual([
      { field: 'impact', before: 'low', after: 'high' },
      { field: 'priority', before: 'high', after: 'critical' },
    ]);
  });

  it('stays as it is, version and all, when a patch changes nothing', () => {
    expect(applyPatch(ticket, { subject: 'Нет связи', impact: 'low' }, matrix, 9)).toBeUndefined();
  });

  it('keeps its items in their order, each once, and says in its history what they were', () => {
    const about = { ...ticket, items: ['a', 'b', 'c'] };
    const changed = applyPatch(about, { items: { add: ['d', 'a', 'd'], remove: ['b', 'x'] } }, matrix, 9);
    expect(changed?.ticket.items).toEqual(['a', 'c', 'd']);
    expect(changed?.changes).toEqual([{ field: 'items', before: 'a, b, c', after: 'a, c, d' }]);
    expect(applyPatch(about, { items: { add: ['c'], remove: ['x'] } }, matrix, 9)).toBeUndefined();
    expect(applyPatch(about, { subject: 'Другое' }, matrix, 9)?.ticket.items).toEqual(['a', 'b', 'c']);
  });

  it('takes a planned window as a whole and gives it up as a whole', () => {
    const change: TicketState = { ...ticket, type: 'change' };
    const planned = applyPatch(change, { plannedStart: 1_000, plannedEnd: 2_000 }, matrix, 9)?.ticket ?? change;
    expect(applyPatch(planned, { plannedEnd: 3_000 }, matrix, 9)?.ticket).toMatchObject({ plannedStart: 1_000, plannedEnd: 3_000 });
    expect(() => applyPatch(planned, { plannedStart: 2_000 }, matrix, 9)).toThrow('cannot become so');
    expect(() => applyPatch(change, { plannedStart: 1_000 }, matrix, 9)).toThrow('cannot become so');
    expect(() => applyPatch(planned, { plannedStart: 500, unplanned: true }, matrix, 9)).toThrow('cannot become so');
    expect(() => applyPatch(ticket, { plannedStart: 1_000, plannedEnd: 2_000 }, matrix, 9)).toThrow('cannot become so');
    const given = applyPatch(planned, { unplanned: true }, matrix, 9);
    expect(given?.ticket).not.toHaveProperty('plannedStart');
    expect(given?.changes.map(({ field, after }) => [field, after])).toEqual([
      ['plannedStart', undefined],
      ['plannedEnd', undefined],
    ]);
  });
});
