import pg from 'pg';
import { newUuid, systemClock } from '../../platform/clock/clock.ts';
import { toClientConfig } from '../../platform/postgres/connection.ts';
import { mergeChanges } from '../../platform/postgres/merge-changes.ts';
import { openDatabase } from '../../platform/postgres/open-database.ts';
import { render, type Statement } from '../../platform/postgres/sql.ts';
import type { Observation } from '../../services/monitoring/domain/observation.ts';
import { insertAlerts, insertRawEvents, updateAlerts } from '../../services/monitoring/storage/alert-store.ts';
import { type Benchmark, drive, milliseconds, type Row, spreadOf, thousands } from './benchmark.ts';
import { type BenchHub, startBenchHub } from './hub.ts';

const lanes = 8;
const perPayload = 10;
const payloads = 6_000;
const warmUp = 800;

export const alerts: Benchmark = {
  name: 'alerts',
  async run(report) {
    const hub = await startBenchHub();
    try {
      report('raw: the same rows by the pg client, fifty payloads a statement');
      const floor = await insertRaw(hub);
      const startsAt = new Date().toISOString();
      const send = async (index: number) => {
        const { status, body } = await hub.send('POST', '/ingest/alertmanager', writePayload(index, startsAt));
        if (status !== 200) throw new Error(`A payload was answered with ${status}: ${body}`);
      };
      await drive(warmUp, lanes, (index) => send(1_000_000 + index));
      report(`hub: ${payloads} payloads of ${perPayload} new alerts`);
      const fresh = await drive(payloads, lanes, send);
      report(`hub: the same again`);
      const known = await drive(payloads, lanes, send);
      return [describe('new', fresh, floor.fresh, 7_700), describe('repeated', known, floor.known, 11_000)];
    } finally {
      await hub.stop();
    }
  },
};

function describe(kind: string, { seconds, each }: { seconds: number; each: number[] }, floor: number, goal: number): Row {
  const rate = (payloads * perPayload) / seconds;
  const { p50, p99 } = spreadOf(each);
  return {
    what: `${kind} alerts, ${perPayload} a payload, ${lanes} at once, no incident`,
    measured: `${thousands(rate)} alerts/s durable, p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}`,
    floor: `the same rows by the pg client, batched, one connection, no HTTP: ${thousands(floor)}/s`,
    ratio: rate / floor,
    reach: `≥ ${thousands(goal)}/s, p99 < 40 ms`,
    reached: rate >= goal && p99 < 40,
  };
}

function labelsOf(index: number, place: number) {
  return { alertname: 'DiskAlmostFull', instance: `host-${index}-${place}:9100`, severity: 'warning', job: 'node', team: 'infrastructure' };
}

export function writePayload(index: number, startsAt: string, severity = 'warning'): string {
  return JSON.stringify({
    version: '4',
    groupKey: `{}:{alertname="DiskAlmostFull"}`,
    status: 'firing',
    receiver: 'opora',
    alerts: Array.from({ length: perPayload }, (_, place) => ({
      status: 'firing',
      labels: { ...labelsOf(index, place), severity },
      annotations: { summary: 'На диске заканчивается место', description: 'Свободно меньше десяти процентов.' },
      startsAt,
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: 'http://prometheus.example/graph',
      fingerprint: `${severity[0]}${index.toString(16).padStart(10, '0')}${place.toString(16)}`,
    })),
  });
}

/** What the hub writes for new and for known alerts, without the hub: one connection, fifty payloads a statement. */
async function insertRaw({ postgres }: BenchHub): Promise<{ fresh: number; known: number }> {
  const maker = new pg.Client(toClientConfig(postgres.connection, 'public'));
  await maker.connect();
  await maker.query('create database opora_floor');
  await maker.end();
  const admin = { ...postgres.connection, database: 'opora_floor' };
  const migrations = new URL('../../services/monitoring/storage/migrations/', import.meta.url);
  const made = await openDatabase({ admin, service: { name: 'monitoring', migrations }, clock: systemClock, newId: newUuid });
  await made.close();
  const client = new pg.Client(toClientConfig(admin, 'monitoring'));
  await client.connect();

  const batch = 50;
  const ids: string[] = [];
  const commit = async (name: string, statements: Statement[], happened: { id: string; observation: Observation }[]) => {
    const events = happened.map(({ id, observation }) => ({
      type: 'opora.monitoring.v1.AlertOpened',
      key: observation.fingerprint,
      data: { ...observation, alertId: id },
    }));
    const merged = mergeChanges({ statements, events }, { now: Date.now(), newId: () => newUuid() });
    if (merged) await client.query({ name, ...render(merged) });
  };
  const rawEvents = (from: number) =>
    insertRawEvents(
      Array.from({ length: batch }, (_, index) => ({
        id: newUuid(),
        source: 'alertmanager',
        contentType: 'application/json',
        body: Buffer.from(writePayload(from + index, '2026-01-01T00:00:00Z')),
        receivedAt: Date.now(),
      })),
    );
  const measure = async (work: (from: number) => Promise<void>) => {
    const began = performance.now();
    for (let from = 0; from < payloads; from += batch) await work(from);
    return (payloads * perPayload * 1000) / (performance.now() - began);
  };

  const fresh = await measure(async (from) => {
    const inserted = Array.from({ length: batch * perPayload }, (_, each) => ({
      id: newUuid(),
      observation: observe(from, each),
      open: true,
      repeats: 0,
    }));
    ids.push(...inserted.map(({ id }) => id));
    await commit('fresh', [rawEvents(from), insertAlerts('alertmanager', inserted, Date.now())], inserted);
  });
  const known = await measure(async (from) => {
    const repeated = new Map(ids.slice(from * perPayload, (from + batch) * perPayload).map((id) => [id, 1]));
    await commit('known', [rawEvents(from), updateAlerts([], repeated, Date.now())], []);
  });
  await client.end();
  return { fresh, known };
}

function observe(from: number, each: number): Observation {
  const [index, place] = [from + Math.floor(each / perPayload), each % perPayload];
  return {
    fingerprint: `w${index.toString(16).padStart(10, '0')}${place.toString(16)}`,
    startsAt: Date.now(),
    firing: true,
    name: 'DiskAlmostFull',
    severity: 'warning',
    summary: 'На диске заканчивается место',
    labels: labelsOf(index, place),
    annotations: { summary: 'На диске заканчивается место', description: 'Свободно меньше десяти процентов.' },
  };
}
