import type { Cut, FindPathsRequest, PathList } from '../../generated/opora/cmdb/v1/graph.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import type { Call } from '../../platform/rpc/call.ts';
import { beginSide, findMeetings, type Hop, listPaths, type Side, takeLevel } from '../domain/graph/find-paths.ts';
import type { Models } from '../model/models.ts';
import { rightsReader } from '../rights/rights.ts';
import { nameItems, requireItem } from './name-items.ts';
import { chooseTypes, until } from './question.ts';
import { readHops, type Ways } from './read-hops.ts';

/** Relations read for one level: a side that would read more stands still while the other one goes on. */
const mostRelations = 20_000;

export interface PathQuestion extends Ways {
  from: string;
  to: string;
  /** Most steps. */
  depth: number;
  /** Most paths. */
  limit: number;
  /** Until when to look (`performance.now()`). */
  until: number;
  /** Relations read for one level. */
  mostRelations?: number;
}

export interface FoundPaths {
  paths: Hop[][];
  cuts: Cut[];
}

/** One end, as far as it has been walked from. */
interface End {
  side: Side;
  direction: Ways['direction'];
  /** One level more is too much to read. */
  stands: boolean;
}

const edgeOf = ({ side }: End) => side.levels.at(-1) ?? [];

/**
 * All shortest paths, at most `limit` of them. Both ends are walked from, level by level, the one with fewer items at its edge first; so the distance is known as
 * soon as the edges meet, and an end that is a hub is walked from only when the other one leads nowhere.
 */
export async function searchPaths(database: Database, question: PathQuestion): Promise<FoundPaths> {
  const { from, to, depth, limit, direction, types, at } = question;
  const most = question.mostRelations ?? mostRelations;
  const back = direction === 'both' ? 'both' : direction === 'out' ? 'in' : 'out';
  const first: End = { side: beginSide(from), direction, stands: false };
  const second: End = { side: beginSide(to), direction: back, stands: false };
  for (let length = 1; length <= depth; ) {
    const [next] = [first, second].filter(({ stands }) => !stands).sort((one, other) => edgeOf(one).length - edgeOf(other).length);
    if (!next) return { paths: [], cuts: [{ by: 'items', message: `Around both ends more than ${most} relations would have to be read.` }] };
    if (performance.now() > question.until) return { paths: [], cuts: [{ by: 'time', message: `The time was over after ${length - 1} steps.` }] };
    const hops = await readHops(database, edgeOf(next), { direction: next.direction, types, at }, most + 1);
    if (hops.length > most) {
      next.stands = true;
      continue;
    }
    takeLevel(next.side, hops);
    if (edgeOf(next).length === 0) break;
    const meetings = findMeetings(first.side, second.side);
    if (meetings.length > 0) {
      const { paths, more } = listPaths(from, [first.side, second.side], meetings, limit);
      return { paths, cuts: more ? [{ by: 'limit', message: `There are more than ${limit} paths of this length.` }] : [] };
    }
    length++;
  }
  return { paths: [], cuts: [] };
}

/** The paths with the names of the items on them; those that the reader may not see are steps without a name. */
export function findPaths({ database, models }: { database: Database; models: Pick<Models, 'current' | 'newest'> }) {
  const rightsFor = rightsReader(models.current);

  return async ({ from, to, direction = 'both', type, depth = 8, asOf, limit = 5 }: FindPathsRequest, call: Call): Promise<PathList> => {
    if (from === to)
      throw new AppError('invalid_input', 'A path leads from one item to another.', {
        violations: [{ pointer: '/to', message: 'is the same item as from: give another one' }],
      });
    const types = await chooseTypes(models, type);
    const { sight } = await rightsFor(call);
    const by = { sight, model: await models.current(), at: asOf === undefined ? undefined : Date.parse(asOf) };
    const ends = await nameItems(database, [from, to], by);
    for (const end of [from, to]) requireItem(ends, end, by.at);
    const { paths, cuts } = await searchPaths(database, { from, to, direction, types, depth, limit, at: by.at, until: until(call) });
    const ids = new Set(paths.flatMap((hops) => hops.map((hop) => hop.to)));
    const items = await nameItems(database, [...ids], by);
    const step = (id: string) => {
      const item = id === from ? ends.get(from) : items.get(id);
      return item ? { item, hidden: false } : { hidden: true };
    };
    return {
      items: paths.map((hops) => ({
        steps: [step(from), ...hops.map(({ to: id, type: by, way }) => ({ ...step(id), type: by, direction: way }))],
      })),
      ...(paths[0] && { length: paths[0].length }),
      hidden: [...ids].filter((id) => !items.has(id)).length,
      cuts,
    };
  };
}
