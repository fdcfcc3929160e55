import { pino } from 'pino';
import type { EventLog } from '../../platform/bus/event-log.ts';
import { startSequencer } from '../../platform/bus/sequencer.ts';
import { newUuid, systemClock } from '../../platform/clock/clock.ts';
import type { OpenDatabase } from '../../platform/engines/engines.ts';
import type { CallOptions } from '../../platform/rpc/call.ts';
import { createMetrics } from '../../platform/telemetry/metrics.ts';
import { type Spread, spreadOf } from './benchmark.ts';
import { tellEffects } from './effect.ts';
import { waitUntil } from './hub.ts';

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
  const effects = tellEffects(doors, (events) => {
    const now = performance.now();
    for (const { key } of events) {
      const at = committedAt.get(key);
      if (at !== undefined) samples.push(now - at);
    }
  });
  const publication = await log.publish(lamps, metrics);
  const sequencer = startSequencer({ database: lamps, onPass: publication.noteHead, clock: systemClock, log: silent, metrics });
  const subscription = await log.subscribe({
    database: effects.database,
    subscription: { name: `latency-${newUuid()}`, types: [eventType], handle: effects.handle },
    context,
    check: () => undefined,
    metrics,
  });

  const commits: Promise<void>[] = [];
  const announce = (index: number) => {
    const key = newUuid();
    commits.push(lamps.commit({ events: [{ type: eventType, key, data: { index } }] }).then(() => void committedAt.set(key, performance.now())));
  };
  announce(0);
  await waitUntil(async () => samples.length > 0, 30); // a subscriber may need a while to find its place
  const began = performance.now();
  for (let index = 1; index <= perSecond * seconds; index++) {
    const early = (index * 1000) / perSecond - (performance.now() - began);
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    announce(index);
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
