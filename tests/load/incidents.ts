import { writePayload } from './alerts.ts';
import { type Benchmark, thousands } from './benchmark.ts';
import { readLag, startBenchHub, waitUntil } from './hub.ts';

const seconds = 60;
/** Payloads of ten a second: what is offered, evenly; what is not kept up with shows as lag. */
const payloadsPerSecond = 84;

export const incidents: Benchmark = {
  name: 'incidents',
  async run(report) {
    const hub = await startBenchHub();
    try {
      report(`${payloadsPerSecond * 10} new alerts a second for ${seconds} s, each raising an incident with its clocks`);
      const startsAt = new Date().toISOString();
      const began = performance.now();
      const sent: Promise<void>[] = [];
      for (let index = 0; index < payloadsPerSecond * seconds; index++) {
        const early = (index * 1000) / payloadsPerSecond - (performance.now() - began);
        if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
        sent.push(
          hub.send('POST', '/ingest/alertmanager', writePayload(index, startsAt, 'critical')).then(({ status, body }) => {
            if (status !== 200) throw new Error(`A payload was answered with ${status}: ${body}`);
          }),
        );
      }
      await Promise.all(sent);
      const took = (performance.now() - began) / 1000;
      const backlog = await readLag(hub);
      const back = await waitUntil(async () => (await readLag(hub)) === 0, 120);
      const total = payloadsPerSecond * seconds * 10;
      const { items } = await hub.get<{ items: { number: string }[] }>('/api/v1/tickets?type=incident&limit=1&sort=-createdAt');
      const newest = Number(items[0]?.number.slice(4));
      if (newest < total * 0.999) throw new Error(`Only ${newest} incidents were raised for ${total} alerts.`);
      const rate = total / (took + back);
      return [
        {
          what: `new alerts, each raising an incident with its clocks, end to end for ${seconds} s`,
          measured: `${thousands(rate)}/s to the last clock; lag at the end ${thousands(backlog)} events, back to 0 in ${back.toFixed(1)} s`,
          reach: '≥ 800/s sustained, lag back to 0 in 10 s',
          reached: total / took >= 800 && back <= 10,
        },
      ];
    } finally {
      await hub.stop();
    }
  },
};
