import { runOpora } from '../cli/run-opora.ts';
import { eventually } from './api.ts';
import { adminToken } from './start-embedded.ts';
import type { MeshHub } from './start-mesh.ts';

interface GraphStatus {
  engine: string;
  state: string;
  replicas: { name: string; state: string; detail?: string }[];
}

/** Two projections of the graph side by side, and the commands that look after them. The last to be run: what they leave is as it was. */
export function describeReplicas(getHub: () => MeshHub): void {
  const readStatus = async () => (await getHub().api.get<GraphStatus>('/api/v1/cmdb/graph/status')).body;
  const untilStates = (...states: string[]) =>
    eventually(
      async () => {
        const { replicas } = await readStatus();
        return replicas.map(({ state }) => state).join() === states.join() && replicas;
      },
      { within: 60_000 },
    );
  const opora = (...args: string[]) => runOpora(['cmdb', ...args], { OPORA_URL: getHub().api.url, OPORA_TOKEN: adminToken });
  let asked = '';
  const askGraph = async () => (await getHub().api.get<{ items: { name: string }[]; servedBy: string }>(`/api/v1/cmdb/items/${asked}/impact`)).body;
  const say = async (name: string) => {
    const record = [{ item: { key: name, class: 'application', name } }, { relation: { type: 'depends_on', fromKey: name, toKey: 'base' } }];
    const body = [{ item: { key: 'base', class: 'server', name: 'replicated' } }, ...record].map((line) => JSON.stringify(line)).join('\n');
    const { status } = await getHub().api.send('POST', '/api/v1/cmdb/sources/replicated/records', body, { 'content-type': 'application/x-ndjson' });
    expect(status).toBe(200);
  };

  it('answers questions about the graph from one Neo4j while another is killed, says which, and has both again', async () => {
    const hub = getHub();
    await say('first');
    asked = (await hub.api.get<{ items: { id: string }[] }>('/api/v1/cmdb/items?source=replicated&class=server')).body.items[0]?.id ?? '';
    await untilStates('fresh', 'fresh');
    await hub.kill('neo4j-2');
    expect((await untilStates('fresh', 'down'))[1]).toMatchObject({ name: 'neo4j-2', detail: expect.stringContaining('does not answer') });
    await say('second');
    const answers = await eventually(async () => {
      const answer = await askGraph();
      return answer.servedBy === 'neo4j' && answer.items.length === 2 && [answer, await askGraph(), await askGraph()];
    });
    expect(answers.map(({ servedBy, items }) => [servedBy, items.length])).toEqual(Array(3).fill(['neo4j', 2]));
    expect(await readStatus()).toMatchObject({ engine: 'neo4j', state: 'fresh' });
    await hub.revive();
    await untilStates('fresh', 'fresh');
    expect((await opora('verify-graph', '--replica', 'neo4j-2')).out).toContain('The graph holds what the records say.');
  }, 120_000);

  it('is compared by `opora cmdb verify-graph`, which tells what somebody changed by hand and writes it again', async () => {
    const drift = async () => {
      const change = `match (item:Item {id: '${asked}'})<-[relation:DEPENDS_ON]-() with item, relation limit 1 set item.name = 'drifted'
        with item, relation, relation.id as id delete relation create (:Item {id: 'nobody', version: 1}) return id`;
      const [row] = await getHub().cypher('neo4j', change);
      return String(row?.['id']);
    };
    // The hub looks for drift by itself once a minute: who came just then tries again.
    const [relation, found, repaired] = await eventually(async () => {
      const id = await drift();
      const seen = await opora('verify-graph');
      const mended = await opora('verify-graph', '--repair');
      return seen.code === 1 && mended.out.includes('3 written again.') && ([id, seen, mended] as const);
    });
    expect(found.out.split('\n')).toEqual(
      expect.arrayContaining([`  item ${asked}: different`, `  relation ${relation}: different`, '  item nobody: unknown']),
    );
    expect(found.out).toContain('`opora cmdb verify-graph --repair`');
    expect(repaired).toMatchObject({ code: 0, out: expect.stringContaining('The graph holds what the records say.') });
    expect(await opora('verify-graph')).toMatchObject({ code: 0, out: expect.stringContaining('The graph holds what the records say.') });
  }, 60_000);

  it('is made again by `opora cmdb rebuild-graph`, one of them or another', async () => {
    await getHub().cypher('neo4j-2', 'match (item:Item) detach delete item');
    const rebuilt = await opora('rebuild-graph', '--replica', 'neo4j-2');
    expect(rebuilt).toMatchObject({ code: 0, out: expect.stringMatching(/^neo4j-2: rebuilding[\s\S]*\nneo4j-2: fresh\n$/) });
    expect(await opora('verify-graph', '--replica', 'neo4j-2')).toMatchObject({ code: 0 });
    expect(await opora('rebuild-graph', '--replica', 'neo4j-9')).toMatchObject({ code: 1, errors: expect.stringContaining('neo4j, neo4j-2') });
  }, 60_000);
}
