import type { CompareRequest, Comparison } from '../../generated/opora/cmdb/v1/comparison.ts';
import { AppError, type FieldViolation } from '../../platform/errors/app-error.ts';
import { decodeCursor, encodeCursor } from '../../platform/keyset/cursor.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Call } from '../../platform/rpc/call.ts';
import { byNewest, type Placed } from '../domain/comparison/newest-first.ts';
import { readScope, readSpan, type Scope, type Span } from '../domain/comparison/read-question.ts';
import { until } from '../explore/question.ts';
import { readKeptSince } from '../history/keep-history.ts';
import { judgeByModel, type Models } from '../model/models.ts';
import { refuseAsking, rightsReader, type Sight } from '../rights/rights.ts';
import { collectScope } from './collect-scope.ts';
import { describeEntries } from './describe-entries.ts';
import { judgeItems } from './judge-items.ts';
import { judgeRelations } from './judge-relations.ts';
import { type Judgement, judgeAll } from './judgement.ts';

export interface ComparingParts {
  database: Database;
  models: Pick<Models, 'current' | 'newest'>;
}

/** Gives the use case: what came, went and changed between two moments. What is hidden from the reader is counted and not told. */
export function comparing({ database, models }: ComparingParts) {
  const rightsFor = rightsReader(models.current);

  return async function compare(request: CompareRequest, call: Call): Promise<Comparison> {
    const rights = await rightsFor(call);
    const { sight, masked } = rights;
    const { span, scope, place, order } = await readQuestion(request, call.now);
    if (scope.kind === 'site') refuseAsking({ masked }, [{ attribute: 'site', pointer: '/site' }]);
    if (scope.kind === 'item' || scope.kind === 'below') await refuseUnknown(scope.value, sight);
    const { limit = 50, kinds } = request;
    const wants = (kind: (typeof kinds)[number]) => kinds.length === 0 || kinds.includes(kind);
    const end = until(call);
    const { itemIds, relationIds, cuts } = await collectScope(database, scope, span, {
      model: await models.current(),
      wantsRelations: wants('relations'),
      // What is found is judged in the last quarter of the time.
      until: end - (end - performance.now()) / 4,
    });
    const judge = { place, limit: limit + 1, until: end };
    const [items, relations] = await Promise.all([
      wants('items') ? judgeAll(database, itemIds, (ids) => judgeItems(ids, span, sight), { ...judge, kind: 'item' }) : undefined,
      wants('relations') ? judgeAll(database, relationIds, (ids) => judgeRelations(ids, span, sight), { ...judge, kind: 'relation' }) : undefined,
    ]);
    const found = [...pageOf(items), ...pageOf(relations)].sort(byNewest);
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return {
      ...toTimes(span),
      items: await describeEntries(database, page, rights),
      ...(items && { itemCounts: items.counts }),
      ...(relations && { relationCounts: relations.counts }),
      cuts: [...cuts, ...(items?.cuts ?? []), ...(relations?.cuts ?? [])],
      ...(found.length > limit && last && { next: toCursor(span, last, order) }),
    };
  };

  /** Throws AppError `invalid_input` with all that is wrong. The pages after the first one are of the moments of the first. */
  async function readQuestion(request: CompareRequest, now: number) {
    const { scope, violations } = readScope(request);
    const { from, to, hours, after, kinds } = request;
    const order = JSON.stringify(['diff', scope.kind, scope.value, from, to, hours, [...kinds].sort()]);
    const cursor = after === undefined ? undefined : fromCursor(after, order);
    const asked = readSpan(cursor ? toTimes(cursor.span) : request, cursor ? cursor.span.to : now, await readKeptSince(database));
    const all = [...violations, ...asked.violations, ...(await checkClass(scope))];
    if (all.length > 0) throw new AppError('invalid_input', 'This cannot be compared.', { violations: all });
    return { span: asked.span, scope, order, place: cursor?.place };
  }

  async function checkClass({ kind, value }: Scope): Promise<FieldViolation[]> {
    if (kind !== 'class') return [];
    const { violations } = await judgeByModel(models, ({ classes }) => ({
      violations: classes.has(value)
        ? []
        : [{ pointer: '/class', message: `"${value}" is no class of the model; GET /api/v1/cmdb/classes lists them` }],
    }));
    return violations;
  }

  async function refuseUnknown(id: string, sight: Sight): Promise<void> {
    const rows = await database.query(sql`select 1 from item where id = ${id} and ${sight.items()}`);
    if (rows.length === 0) throw new AppError('not_found', `There is no item "${id}".`);
  }
}

const pageOf = (judgement: Judgement | undefined) => judgement?.page ?? [];

const toTimes = ({ from, to }: Span) => ({ from: new Date(from).toISOString(), to: new Date(to).toISOString() });

function toCursor(span: Span, { at, kind, id }: Placed, order: string): string {
  const { from, to } = toTimes(span);
  return encodeCursor([from, to, new Date(at).toISOString(), kind, id], order);
}

function fromCursor(after: string, order: string): { span: Span; place: Placed } {
  const [from, to, at, kind, id] = decodeCursor(after, ['time', 'time', 'time', 'string', 'uuid'], order);
  return { span: { from: Date.parse(from), to: Date.parse(to) }, place: { at: Date.parse(at), kind: kind === 'item' ? 'item' : 'relation', id } };
}
