import type { Driver } from 'neo4j-driver';
import neo4j from 'neo4j-driver';
import { affects, cypherOfAround, neo4jGraph, type Way } from '../../../cmdb/graph/neo4j-graph.ts';
import { postgresGraph } from '../../../cmdb/graph/postgres-graph.ts';
import type { Models } from '../../../cmdb/model/models.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import { drive, milliseconds, type Row, spreadOf } from '../benchmark.ts';

const depth = 6;
const cap = 5_000;
const most = 1.3;

export interface Asked {
  driver: Driver;
  database: Database;
  models: Models;
  /** Ids of the items that are asked about. */
  starts: readonly string[];
}

/** Questions to Neo4jGraph beside the same Cypher sent by the bare driver, of those starts that reach no more than the cap. */
export async function askBoth({ driver, database, models, starts }: Asked): Promise<Row[]> {
  const space = { driver, label: 'Item' };
  const graph = neo4jGraph({ choose: () => ({ space }), database, records: postgresGraph(database, models.current), currentModel: models.current });
  const question = (itemId: string) => ({ itemId, depth, limit: cap, timeout: 30_000 });
  const types = [...(await models.current()).relationTypes.keys()];
  const out: Way = { arrow: `-[relation:${types.map((type) => type.toUpperCase()).join('|')}]->`, type: 'toLower(type(relation))' };

  const raw = async (itemId: string, way: Way, evenOfPart: boolean): Promise<number> => {
    const session = driver.session({ defaultAccessMode: neo4j.session.READ });
    const { records } = await session.run(cypherOfAround(space.label, depth, way), { of: space.label, itemId, cap: neo4j.int(cap + 1), evenOfPart });
    await session.close();
    return Number(records[0]?.get('count'));
  };
  const within: string[] = [];
  const reached: number[] = [];
  for (const id of starts) {
    const count = await raw(id, affects, false);
    if (count > cap) continue;
    within.push(id);
    reached.push(count);
  }

  const compare = async (
    what: string,
    ids: readonly string[],
    ask: (id: string) => Promise<{ servedBy: string }>,
    askRaw: (id: string) => Promise<unknown>,
  ) => {
    const idOf = (index: number) => ids[index % ids.length] ?? '';
    const times: Record<'ours' | 'bare', number[]> = { ours: [], bare: [] };
    const count = Math.min(50, ids.length);
    // In turns, so that neither has the quieter half of the machine's time.
    for (let turn = 0; turn < 4; turn++) {
      const bare = (await drive(count, 1, async (index) => askRaw(idOf(index)))).each;
      const ours = (await drive(count, 1, async (index) => expectNeo4j(await ask(idOf(index))))).each;
      if (turn === 0) continue; // warming up
      times.bare.push(...bare);
      times.ours.push(...ours);
    }
    const [own, floor] = [spreadOf(times.ours), spreadOf(times.bare)];
    return {
      what,
      measured: `p50 ${milliseconds(own.p50)}, p99 ${milliseconds(own.p99)}`,
      floor: `the same Cypher by the bare driver: p50 ${milliseconds(floor.p50)}, p99 ${milliseconds(floor.p99)}`,
      ratio: floor.p50 / own.p50,
      reach: `≤ ${most} × the bare driver`,
      reached: own.p50 <= most * floor.p50,
    };
  };

  const typical = spreadOf(reached).p50;
  return [
    await compare(
      `Neo4jGraph: impact, depth ${depth}, of ${within.length} random items that reach at most ${cap} (half of them ${typical} or fewer)`,
      within,
      (id) => graph.impact({ ...question(id), down: [] }),
      (id) => raw(id, affects, false),
    ),
    await compare(
      `Neo4jGraph: neighbours, depth ${depth}, of ${starts.length} random items, at most ${cap}`,
      starts,
      (id) => graph.neighbours({ ...question(id), direction: 'out', types }),
      (id) => raw(id, out, true),
    ),
  ];
}

function expectNeo4j({ servedBy }: { servedBy: string }): void {
  if (servedBy !== 'neo4j') throw new Error(`The answer is of ${servedBy}.`);
}
