import { isAppError } from '../../../platform/errors/app-error.ts';
import { readAlertmanager } from './alertmanager.ts';

const alert = {
  status: 'firing',
  labels: { alertname: 'PumpStopped', instance: '10.20.0.7:9100', severity: 'Critical' },
  annotations: { summary: 'Насос №2 остановлен' },
  startsAt: '2026-03-02T05:06:07.123456789Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus.example/graph',
  fingerprint: 'c0ffee0011223344',
};
const payload = {
  version: '4',
  groupKey: '{}:{alertname="PumpStopped"}',
  status: 'firing',
  receiver: 'opora',
  alerts: [alert],
  notification_reason: 'first notification',
};
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));

function violationsOf(body: Uint8Array) {
  try {
    readAlertmanager(body);
  } catch (error) {
    if (isAppError(error, 'invalid_input')) return error.violations;
    throw error;
  }
  return [];
}

describe('a payload of Alertmanager', () => {
  it('becomes one observation an alert, without the zero end time', () => {
    expect(readAlertmanager(bytes(payload))).toEqual([
      {
        fingerprint: 'c0ffee0011223344',
        startsAt: Date.UTC(2026, 2, 2, 5, 6, 7, 123),
        firing: true,
        name: 'PumpStopped',
        severity: 'critical',
        summary: 'Насос №2 остановлен',
        labels: alert.labels,
        annotations: alert.annotations,
        generatorUrl: 'http://prometheus.example/graph',
      },
    ]);
  });

  it('is summed up by its name when its annotations say nothing', () => {
    const silent = {
      ...payload,
      alerts: [
        { ...alert, annotations: { summary: '' } },
        { ...alert, labels: {}, annotations: {} },
      ],
    };
    expect(readAlertmanager(bytes(silent)).map(({ summary }) => summary)).toEqual(['PumpStopped', 'unnamed']);
  });

  it('tells when a resolved alert ended', () => {
    const resolved = { ...payload, alerts: [{ ...alert, status: 'resolved', endsAt: '2026-03-02T06:00:00Z' }] };
    expect(readAlertmanager(bytes(resolved))).toMatchObject([{ firing: false, endsAt: Date.UTC(2026, 2, 2, 6) }]);
  });

  it('is refused with every bad field named', () => {
    const bad = {
      ...payload,
      version: '1',
      alerts: [
        { ...alert, status: 'maybe', startsAt: 'yesterday' },
        { ...alert, fingerprint: 7 },
      ],
    };
    expect(violationsOf(bytes(bad)).map(({ pointer }) => pointer)).toEqual([
      '/version',
      '/alerts/0/status',
      '/alerts/0/startsAt',
      '/alerts/1/fingerprint',
    ]);
  });

  it('is refused when it is not JSON or not UTF-8', () => {
    expect(violationsOf(Buffer.from('{"version":'))[0]?.message).toMatch(/not JSON/);
    expect(violationsOf(Buffer.from([0x7b, 0xff, 0xfe]))[0]?.message).toMatch(/not UTF-8/);
  });
});
