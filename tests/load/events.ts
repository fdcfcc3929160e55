import { createPostgresLog } from '../../platform/bus/postgres-log.ts';
import { systemClock } from '../../platform/clock/clock.ts';
import { openLogReader } from '../../platform/postgres/open-database.ts';
import { type Benchmark, milliseconds } from './benchmark.ts';
import { measureLatency, silent } from './log-latency.ts';
import { openTwoServices } from './two-services.ts';

export const events: Benchmark = {
  name: 'events',
  async run(report) {
    const services = await openTwoServices();
    const reader = openLogReader(services.admin);
    reader.on('error', () => undefined); // an idle connection ends with the server
    const log = createPostgresLog({ reader, clock: systemClock, log: silent });
    try {
      report('200 events a second through the embedded log for 20 s');
      const { p50, p99 } = await measureLatency(log, services.lamps, services.doors, { perSecond: 200, seconds: 20 });
      return [
        {
          what: 'event through the embedded log, commit to committed effect, at 200/s',
          measured: `p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}`,
          reach: 'p50 < 10 ms, p99 < 50 ms',
          reached: p50 < 10 && p99 < 50,
        },
      ];
    } finally {
      await log.stop();
      await reader.end();
      await services.stop();
    }
  },
};
