import { buildEnterprise } from './enterprise.ts';
import { imaginePastAlerts, imaginePastTickets } from './past.ts';
import { seededRandom } from './random.ts';
import { buildWorkforce } from './workforce.ts';

const now = Date.UTC(2026, 2, 1);

describe('the demo enterprise', () => {
  const { items, relations } = buildEnterprise(seededRandom(1), now);

  it('is the same for the same seed', () => {
    expect(buildEnterprise(seededRandom(1), now)).toEqual({ items, relations });
  });

  it('has some 1 500 items, each key and each monitored name once', () => {
    expect(items.length).toBeGreaterThan(1_450);
    expect(new Set(items.map(({ key }) => key)).size).toBe(items.length);
    const lookups = items.flatMap((item) => item.lookups);
    expect(new Set(lookups).size).toBe(lookups.length);
  });

  it('relates only items that exist', () => {
    const keys = new Set(items.map(({ key }) => key));
    expect(relations.filter(({ from, to }) => !keys.has(from) || !keys.has(to))).toEqual([]);
  });

  it('has a past whose steps go forward in time and never into the future', () => {
    const tickets = imaginePastTickets(seededRandom(2), items, now, 300, 21);
    for (const { openedAt, steps } of tickets) {
      const times = [openedAt, ...steps.map(({ at }) => at)];
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(Math.max(...times)).toBeLessThan(now);
    }
    const alerts = imaginePastAlerts(seededRandom(3), items, now, 60, 21);
    expect(new Set(alerts.map(({ fingerprint }) => fingerprint)).size).toBe(60);
    expect(alerts.every(({ startsAt, endsAt = now }) => startsAt < endsAt && endsAt <= now)).toBe(true);
  });

  it('has people who are the same for the same seed, each with a manager and a key once, and deputies who are there', () => {
    const workforce = buildWorkforce(seededRandom(4), now);
    expect(buildWorkforce(seededRandom(4), now)).toEqual(workforce);
    const { workers, teams, leaves } = workforce;
    expect(workers.filter(({ manager }) => manager === undefined)).toHaveLength(1);
    const keys = new Set(workers.map(({ key }) => key));
    expect(keys.size).toBe(workers.length);
    expect(new Set(workers.map(({ mobile }) => mobile)).size).toBe(workers.length);
    expect(teams.filter(({ members }) => members.length < 2).map(({ key }) => key)).toEqual([]);
    const away = new Set(leaves.map(({ worker }) => worker));
    expect(leaves.filter(({ deputy }) => away.has(deputy) || !keys.has(deputy))).toEqual([]);
  });
});
