import { applyPatch, formatNumber, type PriorityMatrix, type TicketState } from './ticket.ts';

const row = { high: 'high', medium: 'moderate', low: 'low' } as const;
const matrix: PriorityMatrix = { high: { ...row, high: 'critical' }, medium: row, low: row };
const ticket: TicketState = {
  id: 't',
  number: 'INC-000001',
  type: 'incident',
  lifecycleVersion: 1,
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
});
