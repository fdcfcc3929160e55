import type { RunningSubscription } from '../bus/event-log.ts';
import { startTimers } from '../timers/start-timers.ts';
import type { OpenedService } from './open-service.ts';
import type { Ground } from './run-services.ts';

/** Starts the service's subscriptions, and its timers, which ring only up to the moment to which all of those have heard if they heed them. */
export async function hearEvents(
  { name, database, log, running, context }: OpenedService,
  { engines, contract, clock, metrics, onStop }: Ground,
): Promise<void> {
  const heard: RunningSubscription[] = [];
  for (const subscription of running.subscriptions ?? []) {
    const one = await engines.log.subscribe({ database, subscription, context, check: (event) => contract.checkEvent(event), metrics });
    onStop(() => one.stop());
    heard.push(one);
    const labels = { service: name, subscription: subscription.name };
    const unwatch = [
      metrics.subscriberLag.read(async () => [{ labels, value: await one.lag() }]),
      metrics.subscriberLateness.read(() => [{ labels, value: Math.max(0, clock.now() - one.caughtUpAt()) / 1000 }]),
    ];
    onStop(async () => {
      for (const stop of unwatch) stop();
    });
  }
  const caughtUpAt = () => Math.min(clock.now(), ...heard.map((one) => one.caughtUpAt()));
  for (const timers of [running.timers ?? []].flat()) {
    const heeded = timers.heedsEvents === false ? () => clock.now() : caughtUpAt;
    const started = startTimers({ database, timers, caughtUpAt: heeded, clock, log, metrics });
    onStop(() => started.stop());
  }
}
