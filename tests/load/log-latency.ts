import { pino } from 'pino';
import type { Envelope } from '../../platform/bus/event.ts';
import type { EventLog } from '../../platform/bus/event-log.ts';
import { startSequencer } from '../../platform/bus/sequencer.ts';
import { newUuid, systemClock } from '../../platform/clock/clock.ts';
import type { OpenDatabase } from '../../platform/engines/engines.ts';
import type { CallOptions } from '../../platform/rpc/call.ts';
import { createMetrics } from '../../platform/telemetry/metrics.ts';
import { type Spread, spreadOf } from './benchmark.ts';

export const silent = pino({ level: 'silent' });
export const eventType = 'opora.lamps.v1.LampLit';

export const context = () => ({
  now: Date.now(),
  newId: newUuid,
  within: (milliseconds: number): CallOptions => ({
    deadline: Date.now() + milliseconds,
    principal: { kind: 'service', id: 'doors', name: 'doors', permissions: [] },
  }),
});

/** Announces events evenly and gives the milliseconds from each one's commit to the commit of its effect in another service. */
export async function measureLatency(
  log: EventLog,
  lamps: OpenDatabase,
  doors: OpenDatabase,
  { perSecond, seconds }: { perSecond: number; seconds: number },
): Promise<Spread> {
  const metrics = createMetrics();
  const committedAt = new Map<string, number>();
  const samples: number[] = [];
  let handled: readonly Envelope[] = [];
  const publication = await log.publish(lamps, metrics);
  const sequencer = startSequencer({ database: lamps, onPass: publication.noteHead, clock: systemClock, log: silent, metrics });
  const subscription = await log.subscribe({
    database: {
      ...doors,
      async commit(changes) {
        await doors.commit(changes);
        const now = performance.now();
        for (const { key } of handled) {
          const at = committedAt.get(key);
          if (at !== undefined) samples.push(now - at);
        }
        handled = [];
      },
    },
    subscription: {
      name: `latency-${newUuid()}`,
      types: [eventType],
      async handle(events) {
        handled = events;
        return {};
      },
    },
    context,
    check: () => undefined,
    metrics,
  });

  const began = performance.now();
  const commits: Promise<void>[] = [];
  for (let index = 0; index < perSecond * seconds; index++) {
    const early = (index * 1000) / perSecond - (performance.now() - began);
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    const key = newUuid();
    commits.push(lamps.commit({ events: [{ type: eventType, key, data: { index } }] }).then(() => void committedAt.set(key, performance.now())));
  }
  await Promise.all(commits);
  const end = performance.now() + 10_000;
  while (samples.length < perSecond * seconds * 0.99 && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
  await subscription.stop();
  await sequencer.stop();
  await publication.stop();
  if (samples.length < perSecond * seconds * 0.95) throw new Error(`Only ${samples.length} effects of ${perSecond * seconds} were seen.`);
  // The first second warms everything up.
  return spreadOf(samples.slice(perSecond));
}
