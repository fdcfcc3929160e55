import fc from 'fast-check';
import { type KnownAlert, type Observation, takeIn } from './observation.ts';

const now = Date.UTC(2026, 0, 15, 9);
let serial = 0;
const newId = () => `id-${++serial}`;

function observe(change: Partial<Observation> = {}): Observation {
  return {
    fingerprint: 'f1',
    startsAt: 1_000,
    firing: true,
    name: 'HostDown',
    severity: 'critical',
    summary: '',
    labels: {},
    annotations: {},
    ...change,
  };
}
const known = (change: Partial<KnownAlert> = {}): KnownAlert => ({
  id: 'k1',
  fingerprint: 'f1',
  startsAt: 1_000,
  open: true,
  name: 'HostDown',
  ...change,
});
const kinds = (intake: ReturnType<typeof takeIn>) => intake.happenings.map((happening) => happening.kind);

describe('taking in what a source says', () => {
  it('opens an occurrence once and counts the repeats', () => {
    const intake = takeIn([observe(), observe(), observe()], [], now, newId);
    expect(kinds(intake)).toEqual(['opened']);
    expect(intake.inserted).toMatchObject([{ open: true, repeats: 2 }]);
    expect(intake.outcomes).toEqual(['opened', 'repeated', 'repeated']);
  });

  it('ends a known occurrence once, at the time that the source gives', () => {
    const intake = takeIn([observe({ firing: false, endsAt: 5_000 }), observe({ firing: false, endsAt: 6_000 })], [known()], now, newId);
    expect(intake.ended).toEqual([{ id: 'k1', endsAt: 5_000 }]);
    expect(kinds(intake)).toEqual(['ended']);
  });

  it('does not open an occurrence again when its firing arrives after its end', () => {
    const intake = takeIn([observe()], [known({ open: false })], now, newId);
    expect(kinds(intake)).toEqual([]);
    expect(intake.repeated.get('k1')).toBe(1);
  });

  it('records an occurrence that is heard of only when it is over, and announces nothing', () => {
    const intake = takeIn([observe({ firing: false, endsAt: 4_000 }), observe()], [], now, newId);
    expect(kinds(intake)).toEqual([]);
    expect(intake.inserted).toMatchObject([{ open: false, endsAt: 4_000, repeats: 1 }]);
  });

  it('ends the earlier occurrence when a later one of the same alert begins', () => {
    const intake = takeIn([observe({ startsAt: 9_000 })], [known()], now, newId);
    expect(kinds(intake)).toEqual(['ended', 'opened']);
    expect(intake.happenings[0]).toMatchObject({ id: 'k1', endsAt: 9_000, reason: 'superseded' });
  });

  it('only records an earlier occurrence that arrives late', () => {
    const intake = takeIn([observe({ startsAt: 500 })], [known()], now, newId);
    expect(kinds(intake)).toEqual([]);
    expect(intake.inserted).toMatchObject([{ open: false, endsAt: 1_000 }]);
  });

  it('opens and ends within one batch with one row and two announcements', () => {
    const intake = takeIn([observe(), observe({ firing: false, endsAt: 2_000 })], [], now, newId);
    expect(kinds(intake)).toEqual(['opened', 'ended']);
    expect(intake.inserted).toMatchObject([{ open: false, endsAt: 2_000 }]);
    expect(intake.ended).toEqual([]);
  });

  it('ends with the same alerts open however the same notifications are cut into batches or doubled', () => {
    const notification = fc.record({
      fingerprint: fc.constantFrom('f1', 'f2'),
      startsAt: fc.constantFrom(1_000, 2_000, 3_000),
      firing: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(notification, { maxLength: 20 }), fc.array(fc.nat(20), { maxLength: 5 }), (notifications, cuts) => {
        const observations = notifications.map((each) => observe({ ...each, endsAt: each.startsAt + 100 }));
        const whole = play([observations]);
        const bounds = [0, ...cuts.filter((cut) => cut < observations.length).sort((a, b) => a - b), observations.length];
        const pieces = bounds.slice(1).map((end, index) => observations.slice(bounds[index], end));
        expect(play(pieces)).toEqual(whole);
        expect(play([observations.flatMap((each) => [each, each])])).toEqual(whole);
      }),
    );
  });
});

/** Keeps the alerts as the store would, and lists which are open. */
function play(batches: Observation[][]): string[] {
  const rows = new Map<string, KnownAlert>();
  for (const batch of batches) {
    const intake = takeIn(batch, [...rows.values()], now, newId);
    for (const { id, observation, open } of intake.inserted) {
      rows.set(id, { id, fingerprint: observation.fingerprint, startsAt: observation.startsAt, open, name: observation.name });
    }
    for (const { id } of intake.ended) {
      const row = rows.get(id);
      if (row) rows.set(id, { ...row, open: false });
    }
  }
  return [...rows.values()].map((row) => `${row.fingerprint}/${row.startsAt}/${row.open}`).sort();
}
