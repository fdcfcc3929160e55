import fc from 'fast-check';
import { type CountedItem, countScan, type ScanFacts } from './count-scan.ts';
import { type Settlement, settleDifference } from './settle-difference.ts';

const item = (more: Partial<CountedItem> = {}): CountedItem => ({ itemId: 'i', expected: true, keptAt: 'MSK', outcome: 'missing', ...more });
const at = Date.parse('2026-11-02T10:00:00.000Z');
const scan = (more: Partial<ScanFacts> = {}): ScanFacts => ({ scannedAt: at, scannedBy: 'Иван', ...more });
const settlement = (more: Partial<Settlement> = {}): Settlement => ({ missing: 'leave', elsewhere: 'move', unexpected: 'include', ...more });
const all = () => true;

describe('an item that was scanned', () => {
  test.each([
    ['found where it is kept', item(), scan({ place: 'MSK' }), 'found'],
    ['found where nobody says where', item(), scan(), 'found'],
    ['elsewhere', item(), scan({ place: 'SPB' }), 'elsewhere'],
    ['elsewhere when it is kept nowhere', { itemId: 'i', expected: true, outcome: 'missing' as const }, scan({ place: 'SPB' }), 'elsewhere'],
    ['unexpected wherever it is kept', item({ expected: false }), scan({ place: 'MSK' }), 'unexpected'],
  ])('is %s', (_, before, facts, outcome) => {
    expect(countScan(before, facts).outcome).toBe(outcome);
  });

  test('is what its latest scan says, in whatever order they come', () => {
    const scans = fc.uniqueArray(fc.record({ scannedAt: fc.nat(50), place: fc.constantFrom('MSK', 'SPB') }), {
      minLength: 1,
      maxLength: 6,
      selector: ({ scannedAt }) => scannedAt,
    });
    fc.assert(
      fc.property(scans, (some) => {
        const count = (ordered: typeof some) => ordered.reduce((counted, one) => countScan(counted, scan(one)), item());
        const latest = [...some].sort((one, other) => one.scannedAt - other.scannedAt);
        expect(count(some)).toEqual(count(latest));
      }),
    );
  });
});

describe('the difference that a stocktake shows', () => {
  test.each([
    ['gives a found item its day', item({ outcome: 'found', scannedAt: at }), settlement(), { attributes: { lastInventoriedOn: '2026-11-02' } }],
    [
      'moves what is elsewhere',
      item({ outcome: 'elsewhere', scannedAt: at, place: 'SPB', condition: 'worn' }),
      settlement(),
      { attributes: { lastInventoriedOn: '2026-11-02', condition: 'worn', site: 'SPB' } },
    ],
    [
      'leaves the site of what is elsewhere',
      item({ outcome: 'elsewhere', scannedAt: at, place: 'SPB' }),
      settlement({ elsewhere: 'leave' }),
      { attributes: { lastInventoriedOn: '2026-11-02' } },
    ],
    ['leaves what is missing', item(), settlement(), { attributes: {} }],
    ['marks what is missing', item(), settlement({ missing: 'mark', mark: { note: 'lost' } }), { attributes: { note: 'lost' } }],
    ['retires what is missing', item(), settlement({ missing: 'retire' }), { attributes: {}, state: 'retired' }],
    [
      'leaves what is unexpected',
      item({ outcome: 'unexpected', scannedAt: at, place: 'SPB' }),
      settlement({ unexpected: 'leave' }),
      { attributes: {} },
    ],
    [
      'takes in what is unexpected',
      item({ outcome: 'unexpected', scannedAt: at, place: 'SPB' }),
      settlement(),
      { attributes: { lastInventoriedOn: '2026-11-02', site: 'SPB' }, state: 'active' },
    ],
  ])('%s', (_, counted, how, expected) => {
    expect(settleDifference(counted, how, all)).toEqual(expected);
  });

  test('sets no attribute that the class does not have', () => {
    expect(settleDifference(item({ outcome: 'found', scannedAt: at, condition: 'good' }), settlement(), () => false)).toEqual({ attributes: {} });
  });
});
