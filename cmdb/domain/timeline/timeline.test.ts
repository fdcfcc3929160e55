import fc from 'fast-check';
import { nameItemChange, nameRelationChange } from './name-change.ts';
import { comparePlaces, mergeNewest, type Place } from './place.ts';
import { type Declaration, readEntry } from './read-entry.ts';

const id = '0197f0c4-1c2d-7a3b-9e4f-5a6b7c8d9e0f';
const declared: Declaration = {
  items: 'items',
  title: { ru: 'Заявка {number}: {subject}', en: 'Ticket {number}: {subject}' },
  ref: 'ticketId',
  person: 'actorId',
  severity: 'priority',
  at: 'startsAt',
};

describe('the entry of an event', () => {
  it('has the items, the words of its title, and when it was so', () => {
    const data = {
      items: [id, id.toUpperCase(), 'rack 7'],
      number: 'INC-1',
      subject: 'Течь',
      ticketId: 't',
      actorId: 'ivan',
      startsAt: '2026-01-15T08:21:33.5Z',
    };
    expect(readEntry(declared, data, '2026-02-01T00:00:00.000Z')).toEqual({
      itemIds: [id],
      at: Date.parse('2026-01-15T08:21:33.500Z'),
      ref: 't',
      words: { number: 'INC-1', subject: 'Течь' },
      personId: 'ivan',
    });
  });

  it('takes one item that stands alone, and the event’s own time where no moment is told that could be kept', () => {
    for (const startsAt of [undefined, '', 'soon', '0000-01-01T00:00:00Z']) {
      const { itemIds, at } = readEntry(declared, { items: id, startsAt }, '2026-02-01T00:00:00.000Z');
      expect([itemIds, at]).toEqual([[id], Date.parse('2026-02-01T00:00:00Z')]);
    }
  });
});

describe('places on a timeline', () => {
  const place = fc.record<Place>({
    at: fc.integer({ min: 1, max: 3 }),
    type: fc.constantFrom('item', 'relation', 'opora.tickets.v1.TicketOpened'),
    id: fc.constantFrom('a', 'b'),
    version: fc.nat(1),
  });

  it('of several lists are each there once, newest first', () => {
    fc.assert(
      fc.property(fc.array(fc.array(place)), fc.nat(20), (lists, limit) => {
        const merged = mergeNewest(lists, limit);
        const all = new Set(lists.flat().map((one) => JSON.stringify([one.at, one.type, one.id, one.version])));
        expect(merged).toHaveLength(Math.min(all.size, limit));
        for (const [index, one] of merged.entries()) {
          const next = merged[index + 1];
          if (next) expect(comparePlaces(one, next)).toBeGreaterThan(0);
        }
        const [oldest] = merged.slice(-1);
        if (oldest)
          expect(
            lists
              .flat()
              .filter((one) => comparePlaces(one, oldest) > 0)
              .every((one) => merged.some((other) => comparePlaces(one, other) === 0)),
          ).toBe(true);
      }),
    );
  });
});

describe('a line of what the CMDB knows itself', () => {
  const active = { version: 2, name: 'db', state: 'active' } as const;
  const retired = { ...active, version: 3, state: 'retired' } as const;

  it('says what became of an item', () => {
    expect(nameItemChange({ ...active, version: 1 }, undefined, [])).toEqual({ ru: '«db» заведена', en: '"db" was entered' });
    expect(nameItemChange(active, { ...active, version: 1 }, [{ field: 'name' }, { field: 'attributes.memoryGb' }]).en).toBe(
      '"db" was changed: name, memoryGb',
    );
    expect(nameItemChange(retired, active, [{ field: 'state' }]).ru).toBe('«db» выведена из учёта');
    expect(nameItemChange({ ...active, version: 4 }, retired, [{ field: 'state' }]).en).toBe('"db" came back into use');
    expect(nameItemChange(retired, undefined, []).en).toBe('"db": version 3');
  });

  it('says of a relation what it ties, and that it began, ended or came back', () => {
    const relation = { state: 'active', version: 1, label: { ru: 'зависит от', en: 'depends on' }, otherName: 'san' } as const;
    expect(nameRelationChange(relation)).toEqual({ ru: 'Связь: зависит от «san»', en: 'Related: depends on "san"' });
    expect(nameRelationChange({ ...relation, version: 2, state: 'removed' }).en).toBe('No longer related: depends on "san"');
    expect(nameRelationChange({ ...relation, version: 3 }).ru).toBe('Связь снова: зависит от «san»');
  });
});
