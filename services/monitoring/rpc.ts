import type { IngestService, MonitoringService } from '../../generated/opora/monitoring/v1/monitoring.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { exactly, sql } from '../../platform/postgres/sql.ts';
import type { Intake } from './ingest.ts';
import { listAlerts, listEvents, readAlerts } from './list-alerts.ts';
import { changeRule, changeSource, createRule, findRule } from './rules.ts';
import { readRules, readSources } from './storage/rule-store.ts';

/** The contract's methods, each mapped to its use case and back. */
export function ingestMethods(intake: Intake): IngestService {
  return {
    ingest: ({ source, contentType = '', body }, call) => intake.take({ source, contentType, body, now: call.now }),
  };
}

export function monitoringMethods(database: Database, intake: Intake): MonitoringService {
  return {
    listAlerts: (request) => listAlerts(database, request),
    async getAlert({ id }) {
      const [alert] = await readAlerts(database, sql`alert.id = ${id}`);
      if (!alert) throw new AppError('not_found', `There is no alert "${id}".`);
      return alert;
    },
    listEvents: (request) => listEvents(database, request),
    async replayEvent({ id, body }, call) {
      const [event] = await database.query<{ source: string; content_type: string; body: Buffer; problem: string | null }>(
        sql`select source, content_type, body, problem from raw_event where id = ${id}`,
      );
      if (!event) throw new AppError('not_found', `There is no event "${id}".`);
      if (event.problem === null) throw new AppError('illegal_state', 'This event was understood when it came; there is nothing to replay.');
      const mended = body === undefined ? event.body : Buffer.from(body);
      const answer = await intake.take({ source: event.source, contentType: event.content_type, body: mended, now: call.now });
      // Taking it in twice changes nothing, so that dying before this mark costs nothing.
      return call.commit({ statements: [exactly(1, sql`update raw_event set problem = null where id = ${id} returning 1`)] }, answer);
    },
    listRules: async () => ({ items: await readRules(database) }),
    getRule: ({ id }) => findRule(database, id),
    createRule: (request, call) => createRule(request, call),
    updateRule: (request, call) => changeRule(database, request, call),
    listSources: async () => ({ items: await readSources(database) }),
    updateSource: (request, call) => changeSource(database, request, call),
  };
}
