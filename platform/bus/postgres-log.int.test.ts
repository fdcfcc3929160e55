import { pino } from 'pino';
import { systemClock } from '../clock/clock.ts';
import { openLogReader } from '../postgres/open-database.ts';
import { openTestDatabases } from '../postgres/test-database.ts';
import { eventLogContract } from './event-log.contract.ts';
import { createPostgresLog } from './postgres-log.ts';

describe('the log in PostgreSQL', () => {
  eventLogContract(async () => {
    const [lamps, doors] = await openTestDatabases([
      { name: 'lamps', migrations: new URL('./fixtures/lamps/', import.meta.url) },
      { name: 'doors', migrations: new URL('./fixtures/doors/', import.meta.url) },
    ]);
    if (!lamps || !doors) throw new Error('There are no databases.');
    return {
      lamps,
      doors,
      async openLog() {
        const reader = openLogReader(lamps.admin);
        const log = createPostgresLog({ reader, clock: systemClock, log: pino({ level: 'silent' }) });
        return {
          ...log,
          async close() {
            await log.stop();
            await reader.end();
          },
        };
      },
      async close() {
        await doors.close();
        await lamps.close();
      },
    };
  });
});
