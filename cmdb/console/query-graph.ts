import type { Driver } from 'neo4j-driver';
import type { GraphConsoleService } from '../../generated/opora/cmdb/v1/console.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import { nameOf, type Space } from '../graph/projection.ts';
import type { ChooseSpace } from '../graph/replicas.ts';
import type { CurrentModel } from '../model/models.ts';
import { rightsReader } from '../rights/rights.ts';
import { runQuery } from './run-query.ts';
import { fromJson } from './to-json.ts';

/** A projection to which one can have a connection of one's own. */
export type ConsoleSpace = Space & { connect(): Driver };

export interface ConsoleParts {
  model: CurrentModel;
  /** Undefined where the engines have no Neo4j. */
  choose?: ChooseSpace<ConsoleSpace> | undefined;
}

const longest = 5_000;
/** Of one process, at once: a console must not take the connections and the processor of everybody else. */
const mostQueries = 4;

/** The console: Cypher that only reads, for those who may see every item. Every query is logged with who asked it and how long it took. */
export function consoleMethods({ model, choose }: ConsoleParts): GraphConsoleService {
  const rightsFor = rightsReader(model);
  let running = 0;

  return {
    async queryGraph({ query, parameters = '{}', limit = 100 }, call) {
      const { sight } = await rightsFor(call);
      if (!sight.seesAll) throw new AppError('not_allowed', 'The console shows every item: it needs cmdb.read of all of them.');
      if (!choose)
        throw new AppError(
          'illegal_state',
          'There is no Neo4j here. The console needs the engines of the mesh (--engines mesh) and OPORA_NEO4J_URL.',
        );
      const values = readParameters(parameters);
      const { space, note } = choose();
      if (!space) throw new AppError('unavailable', `Cypher is answered by a fresh projection only. ${note}`, { retryAfterSeconds: 2 });
      if (running === mostQueries)
        throw new AppError('unavailable', `${mostQueries} queries of the console are running already.`, { retryAfterSeconds: 1 });

      const began = performance.now();
      const tell = (outcome: object) => {
        const milliseconds = Math.round(performance.now() - began);
        call.log.info(
          { accountId: call.principal.id, by: call.principal.name, server: nameOf(space), query, milliseconds, ...outcome },
          'a query of the graph console',
        );
        return milliseconds;
      };
      running++;
      try {
        const timeout = Math.max(1, Math.min(longest, call.deadline - Date.now() - 2_000));
        const { columns, rows, truncated } = await runQuery(space.connect(), { query, parameters: values, limit, timeout });
        return { columns, rows: `[${rows.join(',')}]`, truncated, servedBy: nameOf(space), milliseconds: tell({ rows: rows.length, truncated }) };
      } catch (error) {
        tell({ refused: error instanceof AppError ? (error.violations[0]?.message ?? error.message) : String(error) });
        throw error;
      } finally {
        running--;
      }
    },
  };
}

function readParameters(text: string): Record<string, unknown> {
  const given: unknown = JSON.parse(text);
  if (given === null || typeof given !== 'object' || Array.isArray(given))
    throw new AppError('invalid_input', 'The parameters are no object.', {
      violations: [{ pointer: '/parameters', message: 'must be an object: {"name": value}' }],
    });
  return fromJson(given) as Record<string, unknown>;
}
