import type { GetImpactRequest, GetNeighboursRequest, Surroundings } from '../../generated/opora/cmdb/v1/cmdb.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Call } from '../../platform/rpc/call.ts';
import { checkRelationType } from '../domain/model/check-relation.ts';
import type { Graph, Question, Reached } from '../graph/graph.ts';
import { judgeByModel, type Models } from '../model/models.ts';
import { rightsReader, type Sight } from '../rights/rights.ts';

const mostMilliseconds = 2_000;

export interface ExploringParts {
  database: Database;
  graph: Graph;
  models: Pick<Models, 'current' | 'newest'>;
}

/** What the graph answers, with the names of the records: whoever answered about the ways, names and states come from PostgreSQL. */
export function exploring({ database, graph, models }: ExploringParts) {
  const rightsFor = rightsReader(models.current);

  async function refuseUnknown(id: string, sight: Sight): Promise<void> {
    const rows = await database.query(sql`select 1 from item where id = ${id} and ${sight.items()}`);
    if (rows.length === 0) throw new AppError('not_found', `There is no item "${id}".`);
  }

  async function describe({ steps, ...rest }: Reached, sight: Sight): Promise<Surroundings> {
    const rows = await database.query<{ id: string; class: string; name: string }>(
      sql`select id, class, name from item where id = any(${steps.map(({ id }) => id)}::uuid[]) and state = 'active' and ${sight.items()}`,
    );
    const items = new Map(rows.map((row) => [row.id, row]));
    return {
      ...rest,
      items: steps.flatMap(({ id, distance, via }) => {
        const item = items.get(id);
        return item ? [{ ...item, distance, viaId: via.id, viaType: via.type }] : [];
      }),
    };
  }

  return {
    async neighbours({ id, depth = 1, direction = 'both', type, limit = 500 }: GetNeighboursRequest, call: Call): Promise<Surroundings> {
      const { violations, known } = await judgeByModel(models, (model) => ({
        violations: type.flatMap((name, index) => checkRelationType(model, name, `/type/${index}`)),
        known: [...model.relationTypes.keys()],
      }));
      if (violations.length > 0) throw new AppError('invalid_input', 'Not all of these are types of relations.', { violations });
      const { sight } = await rightsFor(call);
      await refuseUnknown(id, sight);
      const types = type.length > 0 ? type : known;
      return describe(await graph.neighbours({ itemId: id, depth, direction, types, limit, timeout: timeLeft(call), ...within(sight) }), sight);
    },

    async impact({ id, depth = 6, limit = 500 }: GetImpactRequest, call: Call): Promise<Surroundings> {
      const { sight } = await rightsFor(call);
      await refuseUnknown(id, sight);
      return describe(await graph.impact({ itemId: id, depth, limit, timeout: timeLeft(call), ...within(sight) }), sight);
    },
  };
}

function within(sight: Sight): Pick<Question, 'among'> {
  return sight.seesAll ? {} : { among: sight.items };
}

/** Half of what the caller still waits: the other half is for naming what was found. */
function timeLeft({ deadline }: Call): number {
  return Math.max(0, Math.min(mostMilliseconds, (deadline - Date.now()) / 2));
}
