import type { NewEvent } from '../../platform/bus/event.ts';
import { type Statement, sql } from '../../platform/postgres/sql.ts';
import { checkRelation } from '../domain/model/check-relation.ts';
import { identify, type RelationState, relate } from '../domain/relation.ts';
import { readRelationsBetween } from '../storage/relation-store.ts';
import { writeRelationChanges } from '../write-changes.ts';
import type { PageContext } from './decide-items.ts';
import { type RelationLink, readLinksOfRelations, writeRelationLinks } from './relation-link-store.ts';
import { type RecordOutcome, type RelationInput, reject } from './source-page.ts';

export interface DecidedRelations {
  statements: Statement[];
  events: NewEvent[];
  outcomes: RecordOutcome[];
  /** `seq` of the links that the page names. */
  seen: number[];
}

interface End {
  key: string;
  itemId: string;
  class: string;
  state: string;
}

/** Decides what becomes of the relations that a page names: one whose ends are not both known waits for them. */
export async function decideRelations(context: PageContext, inputs: readonly RelationInput[]): Promise<DecidedRelations> {
  const { database, source, model, now, newId, keptIn } = context;
  const known = new Map((await readLinksOfRelations(database, source, inputs)).map((link) => [toKey(link), link]));
  const seen = [...known.values()].flatMap(({ seq }) => seq ?? []);
  const isSame = (link: RelationLink | undefined) => link?.active && link.missingSince === undefined && link.goneAt === undefined;
  const rest = inputs.filter((input) => !isSame(known.get(toKey(input))));
  const ends = await readEnds(context, rest);
  const between = await readRelationsBetween(
    database,
    rest.flatMap(({ type, fromKey, toKey: to }) => {
      const [fromId, toId] = [ends.get(fromKey)?.itemId, ends.get(to)?.itemId];
      return fromId === undefined || toId === undefined ? [] : [{ type, fromId, toId }];
    }),
  );

  const written = new Map<string, RelationState>();
  const links = new Map<string, RelationLink>();
  const outcomes = inputs.map((input): RecordOutcome => {
    const key = toKey(input);
    const link = known.get(key);
    if (link && isSame(link)) return { key, outcome: 'unchanged', reasons: [], ...identity(link.relationId, link.version) };
    const [from, to] = [ends.get(input.fromKey), ends.get(input.toKey)];
    const [violation] = checkRelation(model, { type: input.type, fromClass: from?.class, toClass: to?.class });
    if (violation)
      return reject(
        key,
        'relation_invalid',
        `Такой связи модель не допускает: ${violation.message}.`,
        `The model has no such relation: ${violation.message}.`,
      );
    if (from && from.itemId === to?.itemId)
      return reject(key, 'same_item', 'Оба ключа — один и тот же элемент.', 'Both keys are one and the same item.');
    const before = link ?? { ...input, source, revision: 0 };
    if (!from || !to || from.state === 'retired' || to.state === 'retired') {
      const isNews = !link || link.relationId !== undefined || link.missingSince !== undefined || link.goneAt !== undefined;
      if (isNews) links.set(key, { source, type: input.type, fromKey: input.fromKey, toKey: input.toKey, revision: before.revision });
      return waiting(key, from?.state === 'active' ? input.toKey : input.fromKey);
    }
    const wanted = { type: input.type, fromId: from.itemId, toId: to.itemId };
    const relation = written.get(identify(wanted)) ?? between.get(identify(wanted));
    const after = relate(relation, { ...wanted, id: newId(), source }, now);
    if (after) written.set(identify(wanted), after);
    const { id, version } = after ?? relation ?? { id: '', version: 0 };
    links.set(key, { source, type: input.type, fromKey: input.fromKey, toKey: input.toKey, relationId: id, revision: before.revision });
    return { key, outcome: after ? 'created' : 'unchanged', reasons: [], ...identity(id, version) };
  });
  const { statements, events } = await writeRelationChanges(context, [...written.values()]);
  return {
    statements: [...statements, ...writeRelationLinks([...links.values()], keptIn)],
    events,
    outcomes,
    seen,
  };
}

function identity(id: string | undefined, version: number | undefined) {
  return { ...(id !== undefined && { id }), ...(version !== undefined && { version }) };
}

async function readEnds({ database, source }: PageContext, inputs: readonly RelationInput[]): Promise<Map<string, End>> {
  if (inputs.length === 0) return new Map();
  const keys = [...new Set(inputs.flatMap(({ fromKey, toKey: to }) => [fromKey, to]))];
  const rows = await database.query<End>(sql`select l.key, l.item_id as "itemId", i.class, i.state
    from item_link l join item i on i.id = l.item_id where l.source = ${source} and l.key = any(${keys}::text[])`);
  return new Map(rows.map((end) => [end.key, end]));
}

function waiting(key: string, end: string): RecordOutcome {
  const reason = {
    code: 'end_unknown',
    ru: `«${end}» пока не элемент: связь появится, когда он придёт.`,
    en: `"${end}" is no item yet: the relation comes when it does.`,
  };
  return { key, outcome: 'waiting', reasons: [reason] };
}

export function toKey({ type, fromKey, toKey: to }: RelationInput): string {
  return `${fromKey} ${type} ${to}`;
}
