import type { Database } from '../../platform/postgres/database.ts';
import { isAuthorised, readNumbers } from '../domain/authorisation/approval.ts';
import { isControlledChange } from '../domain/authorisation/is-controlled.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import type { RelationState } from '../domain/relation.ts';
import { type Author, type ItemChange, isNewVersion } from '../storage/item-store.ts';
import { readOpenChanges, readOpenChangesAndYoung } from './change-ticket-store.ts';

export interface Judging {
  database: Database;
  model: CompiledModel;
  author: Author;
  /** What was known is corrected, and the things are as they were: nobody has to approve it. */
  isCorrection?: boolean;
}

/** For so long, in milliseconds, relations of an item that is new are a part of getting to know it. */
const gettingToKnow = 24 * 3_600_000;

/** Marks what needs an approved change and has none: one query for all, and none when nothing does. */
export async function judgeItems({ database, model, author }: Judging, changes: readonly ItemChange[]): Promise<readonly ItemChange[]> {
  const controlled = new Set(
    changes.filter((change) => change.before && isNewVersion(change) && isControlledChange(change.before, change.after, model)),
  );
  if (controlled.size === 0) return changes;
  const numbers = readNumbers(author.reason);
  const open = await readOpenChanges(
    database,
    [...controlled].map(({ after }) => after.id),
    numbers,
  );
  return changes.map((change) => {
    if (!controlled.has(change) || isAuthorised([change.after.id], numbers, open)) return change;
    return {
      ...change,
      after: { ...change.after, unauthorisedSince: change.before?.unauthorisedSince ?? change.after.updatedAt },
      unauthorised: true,
    };
  });
}

export async function judgeRelations({ database, model, author }: Judging, relations: readonly RelationState[]): Promise<readonly RelationState[]> {
  const controlled = relations.filter(({ type }) => model.relationTypes.get(type)?.controlled);
  if (controlled.length === 0) return relations;
  const numbers = readNumbers(author.reason);
  const ends = [...new Set(controlled.flatMap(({ fromId, toId }) => [fromId, toId]))];
  const now = Math.max(...controlled.map(({ updatedAt }) => updatedAt));
  const { open, young } = await readOpenChangesAndYoung(database, ends, numbers, now - gettingToKnow);
  const isNew = new Set(young);
  const isJustified = ({ state, fromId, toId }: RelationState) =>
    isAuthorised([fromId, toId], numbers, open) || (state === 'active' && (isNew.has(fromId) || isNew.has(toId)));
  const marked = new Set(controlled.filter((relation) => !isJustified(relation)));
  return relations.map((relation) => (marked.has(relation) ? { ...relation, unauthorised: true } : relation));
}
