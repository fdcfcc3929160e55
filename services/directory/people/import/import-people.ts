import type { ImportSummary, PersonRecord } from '../../../../generated/opora/directory/v1/people.ts';
import { isAppError } from '../../../../platform/errors/app-error.ts';
import type { Database } from '../../../../platform/postgres/database.ts';
import type { StreamCall } from '../../../../platform/rpc/call.ts';
import { decidePage, type NumberedRecord, type PageOutcome } from './take-page.ts';

const mostRecords = 1000;
const mostTold = 100;
const mostTries = 5;

/**
 * Takes in people as they come. Each page is one commit: what was taken in stays so when the stream breaks off, and taking it in again changes nothing. One page
 * is decided while the next one is read.
 */
export async function importPeople(database: Database, records: AsyncIterable<PersonRecord>, call: StreamCall): Promise<ImportSummary> {
  const summary: ImportSummary = { received: 0, created: 0, updated: 0, unchanged: 0, refused: 0, waiting: 0, refusals: [] };
  let underWay: Promise<void> = Promise.resolve();
  const take = async (page: NumberedRecord[], before: Promise<void>) => {
    await before;
    addTo(summary, await takePage(database, page, call));
  };
  let page: NumberedRecord[] = [];
  try {
    for await (const record of records) {
      page.push({ number: ++summary.received, record });
      if (page.length < mostRecords) continue;
      await underWay;
      underWay = take(page, underWay);
      underWay.catch(() => undefined);
      page = [];
    }
    if (page.length > 0) underWay = take(page, underWay);
  } finally {
    await underWay;
  }
  return summary;
}

/** Others may change the same people, or hang somebody elsewhere, at this moment: then the page is decided anew. */
async function takePage(database: Database, page: readonly NumberedRecord[], call: StreamCall): Promise<PageOutcome> {
  for (let tries = 1; ; tries++) {
    const decision = call.beginDecision();
    const { changes, outcome } = await decidePage(database, page, decision);
    try {
      return await decision.commit(changes, outcome);
    } catch (error) {
      if (tries === mostTries || !isAppError(error, 'conflict')) throw error;
    }
  }
}

function addTo(summary: ImportSummary, { created, updated, unchanged, waiting, refusals }: PageOutcome): void {
  summary.created += created;
  summary.updated += updated;
  summary.unchanged += unchanged;
  summary.waiting += waiting;
  summary.refused += new Set(refusals.map(({ number }) => number)).size;
  for (const { number, record, violation } of refusals.slice(0, mostTold - summary.refusals.length)) {
    summary.refusals.push({ record: number, externalReference: record.externalReference, ...violation });
  }
}
