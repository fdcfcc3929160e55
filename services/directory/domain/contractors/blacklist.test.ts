import type { BlacklistEntry } from '../../../../generated/opora/directory/v1/contractors.ts';
import { checkBlacklistEntry, type Engagement, forbids } from './blacklist.ts';

const entry = (more: Partial<BlacklistEntry>): BlacklistEntry => ({
  id: 'e',
  contractorId: 'x',
  scope: 'all',
  reason: 'Сорвали сроки',
  evidence: [],
  startsAt: '2026-03-01T00:00:00.000Z',
  overrideRoles: [],
  overridePersonIds: [],
  active: true,
  externalReferences: [],
  version: 1,
  createdAt: '',
  updatedAt: '',
  ...more,
});
const engagement: Engagement = { customerId: 'c', region: 'RU-KDA', workKind: 'welding', at: '2026-03-10T00:00:00.000Z' };

describe('the blacklist', () => {
  it.each<[string, Partial<BlacklistEntry>, boolean]>([
    ['everything', {}, true],
    ['the customer', { scope: 'customer', customerId: 'c' }, true],
    ['another customer', { scope: 'customer', customerId: 'd' }, false],
    ['the region', { scope: 'region', region: 'RU-KDA' }, true],
    ['another region', { scope: 'region', region: 'RU-ROS' }, false],
    ['the kind of work', { scope: 'work_kind', workKind: 'welding' }, true],
    ['another kind of work', { scope: 'work_kind', workKind: 'digging' }, false],
    ['what begins later', { startsAt: '2026-03-10T00:00:00.001Z' }, false],
    ['what begins now', { startsAt: '2026-03-10T00:00:00.000Z' }, true],
    ['what ends now', { endsAt: '2026-03-10T00:00:00.000Z' }, false],
    ['what was taken back', { active: false }, false],
  ])('%s', (_, more, expected) => expect(forbids(entry(more), engagement)).toBe(expected));

  it('forbids nothing by what is not known of the work', () => {
    expect(forbids(entry({ scope: 'region', region: 'RU-KDA' }), { at: engagement.at })).toBe(false);
    expect(forbids(entry({}), { at: engagement.at })).toBe(true);
  });

  it('has entries that say what their scope is, and end after they begin', () => {
    const wrong = checkBlacklistEntry(entry({ scope: 'region', customerId: 'c', endsAt: '2026-02-01T00:00:00.000Z' }));
    expect(wrong.map(({ pointer }) => pointer)).toEqual(['/customerId', '/region', '/endsAt']);
    expect(checkBlacklistEntry(entry({ scope: 'work_kind', workKind: 'welding' }))).toEqual([]);
  });
});
