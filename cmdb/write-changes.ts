import type { NewEvent } from '../platform/bus/event.ts';
import type { Statement } from '../platform/postgres/sql.ts';
import { announceItem, announceRelation } from './announce.ts';
import { type Judging, judgeItems, judgeRelations } from './authorisation/judge-changes.ts';
import type { RelationState } from './domain/relation.ts';
import { followItems } from './reminders/follow-items.ts';
import { type ItemChange, isNewVersion, writeItems } from './storage/item-store.ts';
import { writeRelations } from './storage/relation-store.ts';

export interface Written {
  statements: Statement[];
  events: NewEvent[];
}

/** What is to be written, and told, of items that change: with whether they may, and with what time will ask of them. */
export async function writeItemChanges(judging: Judging, changes: readonly ItemChange[]): Promise<Written & { changes: readonly ItemChange[] }> {
  const judged = judging.isCorrection ? changes : await judgeItems(judging, changes);
  return { ...writeCorrections(judging, judged), changes: judged };
}

/** The same of what is no change of the things themselves but of what was known of them: which of them are one, and by what model. Nobody has to approve it. */
export function writeCorrections({ author, model }: Pick<Judging, 'author' | 'model'>, changes: readonly ItemChange[]): Written {
  return {
    statements: [...writeItems(changes, author, model), ...followItems(changes, model)],
    events: changes.filter(isNewVersion).map((change) => announceItem(change, model.sensitive)),
  };
}

/** `held`: items that the same commit writes, and so holds. */
export async function writeRelationChanges(
  judging: Judging,
  relations: readonly RelationState[],
  held: readonly string[] = [],
): Promise<Written & { relations: readonly RelationState[] }> {
  const judged = judging.isCorrection ? relations : await judgeRelations(judging, relations);
  return { statements: writeRelations(judged, judging.author, held), events: judged.map(announceRelation), relations: judged };
}
