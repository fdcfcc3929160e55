import { sql } from '../../platform/postgres/sql.ts';
import { registry } from '../../services/registry.ts';
import { eventually } from '../mesh/api.ts';
import { atLeast, curl, readCommands } from './readme-commands.ts';
import { type EdgeHub, startHub } from './start-hub.ts';

describe('the graph of the demo enterprise', () => {
  let hub: EdgeHub;
  beforeAll(async () => {
    hub = await startHub(
      registry.map(({ name }) => name),
      { OPORA_DEMO: 'water' },
    );
    const isLoaded = async () => (await hub.database('demo').query(sql`select 1 from step where name = 'water'`)).length > 0;
    await eventually(isLoaded, { within: 240_000 });
  }, 300_000);
  afterAll(() => hub.stop());

  it('tells what breaks, what changed and what happened, as README.md shows it', async () => {
    const commands = readCommands('What breaks, what changed, what happened');
    expect(commands).toHaveLength(4);
    let id = 'ID';
    for (const { command, answer } of commands) {
      const told = (await curl(hub, command.replaceAll('ID', id))) as { items: { id: string }[] };
      expect(told).toEqual(atLeast(answer));
      if (id === 'ID') id = told.items[0]?.id ?? '';
    }
  });
});
