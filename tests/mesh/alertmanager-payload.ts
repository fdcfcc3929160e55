import { createHash } from 'node:crypto';

export interface SentAlert {
  labels: Record<string, string>;
  summary?: string;
  startsAt: string;
  /** Makes it resolved. */
  endsAt?: string;
}

/** A payload as Alertmanager writes it. The fingerprint stands for the labels, as there. */
export function alertmanagerPayload(...alerts: SentAlert[]) {
  const firing = alerts.some(({ endsAt }) => endsAt === undefined);
  return {
    version: '4',
    groupKey: '{}:{alertname="Test"}',
    truncatedAlerts: 0,
    status: firing ? 'firing' : 'resolved',
    receiver: 'opora',
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'http://alertmanager.example',
    alerts: alerts.map(({ labels, summary = '', startsAt, endsAt }) => ({
      status: endsAt === undefined ? 'firing' : 'resolved',
      labels,
      annotations: { summary },
      startsAt,
      endsAt: endsAt ?? '0001-01-01T00:00:00Z',
      generatorURL: 'http://prometheus.example/graph',
      fingerprint: createHash('sha256')
        .update(JSON.stringify(Object.entries(labels).sort()))
        .digest('hex')
        .slice(0, 16),
    })),
  };
}
