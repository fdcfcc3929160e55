import { type CrashPoint, crashPoints } from '../../platform/faults/crash-point.ts';
import { type EmbeddedHub, startEmbeddedHub } from '../mesh/start-embedded.ts';
import { openLedger } from './ledger.ts';

/** Those that lie on the way of a hub in one process, each with the pass on which it dies. */
const passes: Partial<Record<CrashPoint, number>> = {
  'rpc.after-commit': 25,
  'sequencer.before-move': 20,
  'sequencer.after-move': 15,
  'subscriber.before-commit': 8,
  'subscriber.after-commit': 8,
  'ingest.after-commit': 6,
};

describe('a hub in one process that is killed by SIGKILL under load', () => {
  let hub: EmbeddedHub;
  beforeAll(async () => {
    hub = await startEmbeddedHub();
  }, 90_000);
  afterAll(() => hub?.remove(), 30_000);

  for (const [point, pass] of Object.entries(passes)) {
    it(`loses and doubles nothing when it dies at ${point}`, async () => {
      await hub.stop();
      await hub.start({ OPORA_CRASH_AT: `${point}:${pass}` });
      const ledger = openLedger(() => hub.api, point.replaceAll('.', '-'));
      const loading = ledger.load(60);
      expect(await hub.ended()).toBe('SIGKILL');
      expect(hub.output()).toContain(`crash point ${point}`);
      await hub.start();
      await loading;
      await ledger.settle();
    }, 180_000);
  }

  it('walks every crash point but those of Kafka, Neo4j, the timers, sources and imports, which have tests of their own', () => {
    const elsewhere = crashPoints.filter((point) => !(point in passes));
    expect(elsewhere).toEqual([
      'relay.before-send',
      'relay.after-acknowledgement',
      'timers.before-commit',
      'timers.after-commit',
      'projection.after-commit',
      'source.after-page',
      'import.after-page',
    ]);
  });
});
