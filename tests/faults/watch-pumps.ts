import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type ChildProcess, startChild, waitUntilReady } from '../../deploy/engines/child-process.ts';
import { findFreePorts } from '../../deploy/engines/ports.ts';
import type { PrometheusPrograms } from '../engines/find-prometheus.ts';

export interface WatchedPumps {
  /** What the pump's metric says from now on; each call is seen by the next scrape, within a second. */
  set(instance: string, isUp: boolean): void;
  /** How many notifications Alertmanager tried, and how many it could not deliver, with every retry. */
  countNotifications(): Promise<{ tried: number; failed: number }>;
  stop(): Promise<void>;
}

export interface WatchOptions {
  programs: PrometheusPrograms;
  /** An empty folder for configuration, data and logs. */
  folder: string;
  /** Where alerts are sent, and with which token. */
  receiver: { url: string; token: string };
}

/** A Prometheus that scrapes `up_of_pump` of this process every second, and an Alertmanager that tells the receiver within a second. */
export async function watchPumps({ programs, folder, receiver }: WatchOptions): Promise<WatchedPumps> {
  const pumps = new Map<string, boolean>();
  const metrics = createServer((_request, response) => {
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end([...pumps].map(([instance, isUp]) => `up_of_pump{instance="${instance}"} ${isUp ? 1 : 0}\n`).join(''));
  }).listen(0, '127.0.0.1');
  await once(metrics, 'listening');
  const [alertmanagerPort = 0, prometheusPort = 0] = await findFreePorts(2);
  await writeConfiguration(folder, receiver, { metrics: (metrics.address() as AddressInfo).port, alertmanager: alertmanagerPort });
  const running: ChildProcess[] = [];

  async function run(name: 'prometheus' | 'alertmanager', port: number, args: string[]): Promise<void> {
    const logFile = join(folder, `${name}.log`);
    const child = await startChild({ command: programs[name], args: [...args, `--web.listen-address=127.0.0.1:${port}`], logFile });
    running.unshift(child);
    await waitUntilReady(name, child, logFile, async () => {
      const { status } = await fetch(`http://127.0.0.1:${port}/-/ready`);
      if (status !== 200) throw new Error(`${name} answers ${status}`);
    });
  }

  async function stop(): Promise<void> {
    for (const child of running) await child.stop();
    metrics.close();
    metrics.closeAllConnections();
  }

  try {
    await run('alertmanager', alertmanagerPort, [
      `--config.file=${join(folder, 'alertmanager.yml')}`,
      `--storage.path=${join(folder, 'alertmanager')}`,
      '--cluster.listen-address=', // it stands alone
    ]);
    await run('prometheus', prometheusPort, [`--config.file=${join(folder, 'prometheus.yml')}`, `--storage.tsdb.path=${join(folder, 'prometheus')}`]);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    set: (instance, isUp) => void pumps.set(instance, isUp),
    async countNotifications() {
      const text = await (await fetch(`http://127.0.0.1:${alertmanagerPort}/metrics`)).text();
      const read = (name: string) => Number(new RegExp(`^${name}{integration="webhook".*} (\\d+)$`, 'm').exec(text)?.[1]);
      return { tried: read('alertmanager_notification_requests_total'), failed: read('alertmanager_notification_requests_failed_total') };
    },
    stop,
  };
}

/** JSON is YAML. */
async function writeConfiguration(
  folder: string,
  receiver: WatchOptions['receiver'],
  ports: { metrics: number; alertmanager: number },
): Promise<void> {
  const files = {
    'alertmanager.yml': {
      route: { receiver: 'opora', group_by: ['alertname', 'instance'], group_wait: '0s', group_interval: '2s', repeat_interval: '2s' },
      receivers: [
        {
          name: 'opora',
          webhook_configs: [
            { url: receiver.url, send_resolved: true, http_config: { authorization: { type: 'Bearer', credentials: receiver.token } } },
          ],
        },
      ],
    },
    'prometheus.yml': {
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: [join(folder, 'rules.yml')],
      alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${ports.alertmanager}`] }] }] },
      scrape_configs: [{ job_name: 'pumps', honor_labels: true, static_configs: [{ targets: [`127.0.0.1:${ports.metrics}`] }] }],
    },
    'rules.yml': {
      groups: [
        {
          name: 'pumps',
          rules: [
            {
              alert: 'PumpDown',
              expr: 'up_of_pump == 0',
              for: '0s',
              labels: { severity: 'critical' },
              annotations: { summary: 'Насос {{ $labels.instance }} стоит' },
            },
          ],
        },
      ],
    },
  };
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), JSON.stringify(content));
}
