import { alertOpened, alertResolved } from '../../generated/opora/monitoring/v1/events.ts';
import type { IngestResponse } from '../../generated/opora/monitoring/v1/monitoring.ts';
import type { NewId } from '../../platform/clock/clock.ts';
import { AppError, isAppError } from '../../platform/errors/app-error.ts';
import { crashPoint } from '../../platform/faults/crash-point.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { type Happening, type Observation, takeIn } from './domain/observation.ts';
import { readAlertmanager } from './sources/alertmanager.ts';
import { insertAlerts, insertRawEvents, type RawEvent, readKnownAlerts, updateAlerts } from './storage/alert-store.ts';

/** Sources by name, each with the function that understands its native payload. */
export const readers: Readonly<Record<string, (body: Uint8Array) => Observation[]>> = { alertmanager: readAlertmanager };

export interface Payload {
  source: string;
  contentType: string;
  body: Uint8Array;
  now: number;
}

interface Waiting {
  raw: RawEvent;
  observations: Observation[];
  done(response: IngestResponse): void;
  fail(error: unknown): void;
}

const batchAlerts = 500;
/** Past this much in the queue the sender is asked to come back, so that a storm cannot fill the memory. */
const queueAlerts = 20_000;
const queueBytes = 64 * 1024 * 1024;

/**
 * Takes payloads in, many at a time: everything that waits while one commit is under way shares the next. A payload is answered after the commit that
 * holds it as it came and as it was understood. One that cannot be understood is stored with its problem and refused with `invalid_input`.
 */
export function createIntake({ database, newId }: { database: Database; newId: NewId }) {
  let queue: Waiting[] = [];
  let queuedAlerts = 0;
  let queuedBytes = 0;
  let isWorking = false;

  async function work(): Promise<void> {
    isWorking = true;
    while (queue.length > 0) await answer(takeBatch());
    isWorking = false;
  }

  async function answer(batch: readonly Waiting[]): Promise<void> {
    try {
      const responses = await store(batch);
      crashPoint('ingest.after-commit');
      batch.forEach((waiting, index) => {
        const response = responses[index];
        if (response) waiting.done(response);
      });
    } catch (error) {
      for (const waiting of batch) waiting.fail(error);
    }
  }

  function takeBatch(): Waiting[] {
    const source = queue[0]?.raw.source;
    let alerts = 0;
    const end = queue.findIndex((waiting) => waiting.raw.source !== source || (alerts += waiting.observations.length) > batchAlerts);
    const batch = queue.slice(0, end === -1 ? queue.length : Math.max(end, 1));
    queue = queue.slice(batch.length);
    for (const { raw, observations } of batch) {
      queuedAlerts -= observations.length;
      queuedBytes -= raw.body.byteLength;
    }
    return batch;
  }

  /** One commit for the batch. Another process that took in the same alert first makes it a conflict: then what is known is read again. */
  async function store(batch: readonly Waiting[]): Promise<IngestResponse[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await storeOnce(batch);
      } catch (error) {
        if (!isAppError(error, 'conflict')) throw error;
        if (attempt === 5)
          throw new AppError('unavailable', 'Too many senders report the same alerts at once.', { retryAfterSeconds: 1, cause: error });
      }
    }
  }

  async function storeOnce(batch: readonly Waiting[]): Promise<IngestResponse[]> {
    const { source = '', receivedAt = 0 } = batch[0]?.raw ?? {};
    const observations = batch.flatMap((waiting) => waiting.observations);
    const known = await readKnownAlerts(database, source, observations);
    const intake = takeIn(observations, known, receivedAt, newId);
    const statements = [insertRawEvents(batch.map(({ raw }) => raw))];
    if (intake.inserted.length > 0) statements.push(insertAlerts(source, intake.inserted, receivedAt));
    if (intake.ended.length + intake.repeated.size > 0) statements.push(updateAlerts(intake.ended, intake.repeated, receivedAt));
    await database.commit({ statements, events: intake.happenings.map((happening) => announce(source, happening)) });
    let from = 0;
    return batch.map(({ raw, observations: own }) => {
      const outcomes = intake.outcomes.slice(from, (from += own.length));
      const count = (outcome: string) => outcomes.filter((each) => each === outcome).length;
      return { eventId: raw.id, opened: count('opened'), repeated: count('repeated'), resolved: count('resolved') };
    });
  }

  async function reject(raw: RawEvent, refusal: AppError): Promise<never> {
    const problem = refusal.violations.map(({ pointer, message }) => `${pointer || 'body'}: ${message}`).join('; ') || refusal.message;
    await database.commit({ statements: [insertRawEvents([{ ...raw, problem }])] });
    throw new AppError('invalid_input', `${refusal.message} It is kept as event ${raw.id}: mend it there and replay it.`, {
      violations: refusal.violations,
    });
  }

  return {
    async take({ source, contentType, body, now }: Payload): Promise<IngestResponse> {
      const read = Object.hasOwn(readers, source) ? readers[source] : undefined;
      if (!read) {
        throw new AppError('not_found', `There is no source "${source}". Known: ${Object.keys(readers).join(', ')}.`);
      }
      if (queuedAlerts > queueAlerts || queuedBytes > queueBytes) {
        throw new AppError('unavailable', 'More alerts come in than can be stored at once.', { retryAfterSeconds: 2 });
      }
      const raw: RawEvent = { id: newId(now), source, contentType, body, receivedAt: now };
      let observations: Observation[];
      try {
        observations = read(body);
      } catch (error) {
        if (isAppError(error, 'invalid_input')) return reject(raw, error);
        throw error;
      }
      return new Promise((done, fail) => {
        const waiting: Waiting = { raw, observations, done, fail };
        if (database.isInTransaction()) {
          void answer([waiting]); // durable only with the rest of its batch, so nobody else's may be in that commit
          return;
        }
        queue.push(waiting);
        queuedAlerts += observations.length;
        queuedBytes += body.byteLength;
        if (!isWorking) void work();
      });
    },
  };
}

export type Intake = ReturnType<typeof createIntake>;

function announce(source: string, happening: Happening) {
  if (happening.kind === 'ended') {
    const { id, fingerprint, name, endsAt, reason } = happening;
    return alertResolved({ alertId: id, source, fingerprint, name, endsAt: new Date(endsAt).toISOString(), reason });
  }
  const { id, observation } = happening;
  return alertOpened({
    alertId: id,
    source,
    fingerprint: observation.fingerprint,
    name: observation.name,
    severity: observation.severity,
    summary: observation.summary,
    labels: { ...observation.labels },
    annotations: { ...observation.annotations },
    startsAt: new Date(observation.startsAt).toISOString(),
    ...(observation.generatorUrl !== undefined && { generatorUrl: observation.generatorUrl }),
  });
}
