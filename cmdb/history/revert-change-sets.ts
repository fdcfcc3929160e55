import type { CmdbEvent } from '../../generated/opora/cmdb/v1/events.ts';
import type { ChangeSet } from '../../generated/opora/cmdb/v1/history.ts';
import type { HandlingContext, Subscription } from '../../platform/bus/subscription.ts';
import { type Statement, sql } from '../../platform/postgres/sql.ts';
import { retryLostRace } from '../retry-lost-race.ts';
import { dropQuestionsOf } from '../sources/duplicate-store.ts';
import type { PageParts } from '../sources/take-page.ts';
import type { Author } from '../storage/item-store.ts';
import { updateChangeSet } from './change-set-store.ts';
import { findChangeSet } from './change-sets.ts';
import { takeBackFacts } from './take-back-facts.ts';
import { takeBackRelationWords } from './take-back-relation-words.ts';
import { takeBackRelations } from './take-back-relations.ts';
import { takeBackWords } from './take-back-words.ts';

type Begun = Extract<CmdbEvent, { type: 'opora.cmdb.v1.ChangeSetBegun' }>;

/** Milliseconds for which a page is decided anew when somebody else wrote first. */
const patience = 30_000;

/**
 * Takes change sets back, a page a commit, so that a big one makes no huge commit. What was taken back is marked, or belongs to the reverting set: a page that
 * comes again after a kill finds it there and passes it over.
 */
export function revertChangeSets({ database, model }: PageParts, pageSize = 500): Subscription<Begun> {
  /** By outcome, from what is written: a revert that was interrupted counts as one that was not. */
  async function count(set: ChangeSet): Promise<Record<string, number>> {
    const [row] = await database.query<Record<string, number>>(sql`select
      (select count(distinct id) from (select id from item where change_set_id = ${set.id} union select item_id from item_version where change_set_id = ${set.id}) i)::int as "itemsReverted",
      (select count(distinct id) from (select id from relation where change_set_id = ${set.id} union select relation_id from relation_version where change_set_id = ${set.id}) r)::int as "relationsReverted",
      (select count(*) from revert_conflict where change_set_id = ${set.id})::int as conflicts`);
    return row ?? {};
  }

  async function revert(changeSetId: string, context: HandlingContext): Promise<Statement[]> {
    const set = await findChangeSet(database, changeSetId);
    if (set.status !== 'running') return [];
    const taking = { database, model: await model(), set, author: authorOf(set), now: context.now };
    const inTime = <Result>(work: () => Promise<Result>) => retryLostRace({ deadline: Date.now() + patience }, work);
    // Relations end while the items at their ends are as they were left, and come back when those have.
    while (await inTime(() => takeBackRelationWords(taking, pageSize)));
    await inTime(() => takeBackRelations(taking, 'removed', pageSize));
    while (await inTime(() => takeBackWords(taking, pageSize)));
    await inTime(() => takeBackFacts(taking, pageSize));
    await inTime(() => takeBackRelations(taking, 'active', pageSize));
    const done: ChangeSet = {
      ...set,
      status: 'done',
      counts: await count(set),
      version: set.version + 1,
      updatedAt: new Date(context.now).toISOString(),
    };
    return [updateChangeSet(done), dropQuestionsOf(set.reverts ?? set.id, context.now)];
  }

  return {
    name: 'revert-change-sets',
    types: ['opora.cmdb.v1.ChangeSetBegun'],
    // Not in batches of one: the log is read in as many events at a time, and a first load has a million of others.
    async handle(events, context) {
      const ids = new Set(events.filter(({ data }) => data.kind === 'revert').map(({ data }) => data.changeSetId));
      const statements: Statement[] = [];
      for (const id of ids) statements.push(...(await revert(id, context)));
      return { statements };
    },
  };
}

function authorOf({ id, actorId, actorName, traceId, reason }: ChangeSet): Author {
  return { actorId, actorName, changeSetId: id, ...(traceId !== undefined && { traceId }), ...(reason !== undefined && { reason }) };
}
