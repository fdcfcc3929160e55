import { BulkEditService } from '../../generated/opora/cmdb/v1/edits.ts';
import { ModelService } from '../../generated/opora/cmdb/v1/model.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { CallOptions, Client, Grant, Principal } from '../../platform/rpc/call.ts';
import { aClass, text } from '../../tests/cmdb/cmdb-under-test.ts';
import { eventually } from '../../tests/cmdb/eventually.ts';
import { aServer, type OpenCmdb, openCmdb } from '../../tests/cmdb/open-sources.ts';

let hub: OpenCmdb;
let models: Client<ModelService>;
beforeAll(async () => {
  hub = await openCmdb();
  models = hub.client(ModelService);
});
afterAll(() => hub.close());

const account = (permissions: string[], grants?: Grant[]): Principal => ({
  kind: 'account',
  id: 'ivan',
  name: 'Иван',
  permissions,
  ...(grants && { grants }),
});
const all = ['cmdb.read', 'cmdb.write', 'cmdb.manage'];
const as = (principal: Principal, idempotencyKey?: string): CallOptions => ({
  deadline: Date.now() + 20_000,
  principal,
  ...(idempotencyKey !== undefined && { idempotencyKey }),
});
const open = () => as(account([...all, 'cmdb.read_sensitive']));
const masked = () => as(account(all));
const inNorth = () =>
  as(
    account(
      ['cmdb.read_sensitive'],
      ['cmdb.read', 'cmdb.write'].map((permission) => ({ permission, where: { site: ['N'] } })),
    ),
  );

const create = (name: string, attributes: object, options = open()) =>
  hub.cmdb.createItem({ class: 'server', name, lookups: [], attributes: JSON.stringify(attributes) }, options);
const patch = (id: string, expectedVersion: number, attributes: object, options: CallOptions) =>
  hub.cmdb.updateItem({ id, expectedVersion, addLookups: [], removeLookups: [], attributes: JSON.stringify(attributes) }, options);
const attributesOf = async (id: string) => JSON.parse((await hub.cmdb.getItem({ id }, open())).attributes) as Record<string, unknown>;
const said = (source: string, ...items: ReturnType<typeof aServer>[]) =>
  hub.sources.takeDelta({ source, items, relations: [], removedKeys: [], removedRelations: [] }, masked());

describe('a sensitive value', () => {
  it('is in no event: its name is', async () => {
    const item = await create('announced', { cost: 424_201, memoryGb: 8 });
    await patch(item.id, 1, { cost: 424_202 }, open());
    const events = await hub.database.query<{ data: { masked: string[]; attributes: string } }>(
      sql`select data from bus_log where data ->> 'itemId' = ${item.id} union all select data from outbox where data ->> 'itemId' = ${item.id}`,
    );
    expect(events.map(({ data }) => [data.masked, JSON.parse(data.attributes)])).toEqual([
      [['cost'], { memoryGb: 8, lifecycleState: 'in_use' }],
      [['cost'], { memoryGb: 8, lifecycleState: 'in_use' }],
    ]);
  });

  it('stays as it is when somebody changes the rest who does not see it, or takes the rest back', async () => {
    const { id } = await create('kept', { cost: 1, memoryGb: 8 });
    await patch(id, 1, { cost: 2, memoryGb: 16 }, open());
    expect(await patch(id, 2, { memoryGb: 32 }, masked())).toMatchObject({
      masked: ['cost'],
      attributes: '{"lifecycleState":"in_use","memoryGb":32}',
    });
    expect(await attributesOf(id)).toEqual({ cost: 2, memoryGb: 32, lifecycleState: 'in_use' });
    const reverted = await hub.history.revertItem({ id, expectedVersion: 3, to: 1 }, masked());
    expect(reverted).toMatchObject({ masked: ['cost'], attributes: '{"lifecycleState":"in_use","memoryGb":8}' });
    expect(await attributesOf(id)).toEqual({ cost: 2, memoryGb: 8, lifecycleState: 'in_use' });
  });

  it.each([
    ['set', { cost: 5 }],
    ['taken away', { cost: null }],
  ])('cannot be %s by who does not see it', async (_, change) => {
    const { id } = await create('guarded', { cost: 1 });
    const violations = [{ pointer: '/attributes/cost' }];
    await expect(patch(id, 1, change, masked())).rejects.toMatchObject({ kind: 'not_allowed', violations });
    await expect(create('made', change, masked())).rejects.toMatchObject({ kind: 'not_allowed', violations });
  });

  it('is not told by the reasons of what sources say, nor by a question, to who does not see it', async () => {
    await create('first', { serialNumber: 'SN-Q1', manufacturer: 'Dell', cost: 515_101 });
    await create('second', { inventoryNumber: 'IN-Q2', cost: 515_102 });
    const both = { serialNumber: 'SN-Q1', manufacturer: 'Dell', inventoryNumber: 'IN-Q2', cost: 515_103 };
    const asked = await said('1c', aServer('both', both), aServer('third', { cost: 515_104 }));
    const changed = await said('1c', aServer('third', { cost: 515_105 }));
    expect(asked.items.map(({ outcome }) => outcome)).toEqual(['duplicate_suspected', 'created']);
    expect(changed.items[0]?.reasons.map(({ en }) => en).join()).toContain('was •••, is •••');
    const { items: questions } = await hub.sources.listDuplicates({}, masked());
    expect(questions[0]?.masked).toEqual(['cost']);
    const explained = await hub.sources.explainItem({ id: changed.items[0]?.id ?? '' }, masked());
    expect(explained.masked).toEqual(['cost']);
    const told = [asked, changed, questions, await hub.sources.getDuplicate({ id: questions[0]?.id ?? '' }, masked()), explained];
    expect(JSON.stringify(told)).not.toContain('5151');
    expect((await hub.sources.getDuplicate({ id: questions[0]?.id ?? '' }, open())).said).toContain('515103');
  });

  it('is in the edit of many items, and in what became of each, only for who sees it', async () => {
    const item = await create('edited', { cost: 717_101, site: 'EDIT' });
    const edits = hub.client(BulkEditService);
    const changes = { attributes: '{"cost": 717102}', addLookups: [], removeLookups: [], retire: false, addRelations: [], removeRelations: [] };
    const asked = { filter: { site: 'EDIT', ids: [], where: [] }, changes };
    await expect(edits.createBulkEdit(asked, masked())).rejects.toMatchObject({ violations: [{ pointer: '/changes/attributes/cost' }] });
    const { id } = await edits.createBulkEdit(asked, open());
    await eventually(
      () => edits.getBulkEdit({ id }, open()),
      ({ status }) => status === 'draft',
    );
    const shown = [await edits.getBulkEdit({ id }, masked()), await edits.listBulkEditRows({ id }, masked())];
    expect(JSON.stringify(shown)).toContain('"field":"attributes.cost"');
    expect(JSON.stringify(shown)).not.toContain('7171');
    expect(JSON.stringify(await edits.listBulkEditRows({ id }, open()))).toContain('717102');
    await expect(edits.applyBulkEdit({ id }, masked())).rejects.toMatchObject({ kind: 'not_allowed' });
    expect(await attributesOf(item.id)).toMatchObject({ cost: 717_101 });
  });

  it('is in a list that somebody has sent only for who sees it, and for the sender', async () => {
    await create('listed', { inventoryNumber: 'INV-L1', cost: 818_101 });
    const list = 'Наименование;Инв. №;Первоначальная стоимость, RUB\nlisted;INV-L1;818102\n';
    const sent = await hub.imports.uploadImport([{ data: Buffer.from(list), fileName: 'costs.csv', class: 'server' }], masked());
    expect(sent.columns.map(({ target }) => target)).toContain('attributes.cost');
    const ofSender = await hub.imports.listImportRows({ id: sent.id }, masked());
    expect(JSON.stringify(ofSender)).toContain('"attribute":"cost"');
    expect(JSON.stringify(ofSender)).not.toContain('818101');
    const other = () => as({ ...account(all), id: 'olga' });
    expect(JSON.stringify(await hub.imports.getImport({ id: sent.id }, other()))).not.toContain('8181');
    await expect(hub.imports.listImportRows({ id: sent.id }, other())).rejects.toMatchObject({ kind: 'not_allowed' });
    const download = hub.imports.downloadImport({ id: sent.id }, other())[Symbol.asyncIterator]();
    await expect(download.next()).rejects.toMatchObject({ kind: 'not_allowed' });
    expect(JSON.stringify(await hub.imports.listImportRows({ id: sent.id }, open()))).toContain('818101');
  });

  it('is not told as an identifier', async () => {
    const key = { ...text, sensitive: true };
    await models.putClass(
      aClass('safe', { attributes: { code: key }, identifiers: [{ scheme: 'code', attributes: ['code'], label: text.label, contradicted: 'ask' }] }),
      open(),
    );
    const asSafe = (code: string, options: CallOptions) =>
      hub.cmdb.createItem({ class: 'safe', name: code === '' ? 'x' : 'safe', lookups: [], attributes: JSON.stringify({ code }) }, options);
    const { id } = await asSafe('TOP-SECRET-7', open());
    const { identifiers } = await hub.sources.explainItem({ id }, masked());
    expect(identifiers).toEqual([]);
    expect((await hub.sources.explainItem({ id }, open())).identifiers).toMatchObject([{ scheme: 'code' }]);
    expect(JSON.stringify(await hub.sources.explainItem({ id }, masked()))).not.toMatch(/top-secret/i);
  });

  it('is not asked for in filters by who does not see it', async () => {
    await models.putClass(aClass('vault', { attributes: { owner: { ...text, sensitive: true } } }), open());
    const list = (options: CallOptions) => hub.cmdb.listItems({ owner: 'somebody', where: [] }, options);
    await expect(list(masked())).rejects.toMatchObject({ kind: 'not_allowed', violations: [{ pointer: '/owner' }] });
    expect((await list(open())).items).toEqual([]);
  });

  it('is made visible by nobody who does not see it, and stays hidden in history when the model forgets it', async () => {
    const secret = { secretNote: { ...text, sensitive: true } };
    await models.putClass(aClass('bunker', { attributes: secret }), open());
    const { id } = await hub.cmdb.createItem({ class: 'bunker', name: 'b', lookups: [], attributes: '{"secretNote": "under the hill"}' }, open());
    const rename = { kind: 'renameAttribute' as const, class: 'bunker', attribute: 'secretNote', to: 'note' };
    for (const wanted of [
      aClass('bunker', { attributes: { secretNote: text } }),
      aClass('bunker', { attributes: { note: text }, migrations: [rename] }),
    ])
      await expect(models.putClass(wanted, masked())).rejects.toMatchObject({ kind: 'not_allowed', message: expect.stringContaining('secretNote') });
    await models.putClass(aClass('bunker', { migrations: [{ kind: 'dropAttribute', class: 'bunker', attribute: 'secretNote' }] }), masked());
    const history = await hub.cmdb.getItemHistory({ id }, masked());
    expect(history.items.at(-1)?.masked).toEqual(['secretNote']);
    expect(JSON.stringify(history)).not.toContain('under the hill');
  });
});

describe('an answer under an idempotency key', () => {
  it('is not given again to a token that may see less', async () => {
    const request = { class: 'server', name: 'keyed', lookups: [], attributes: '{"cost": 616101}' };
    const whole = () => as(account([...all, 'cmdb.read_sensitive']), 'key-1');
    const first = await hub.cmdb.createItem(request, whole());
    expect(await hub.cmdb.createItem(request, whole())).toEqual(first);
    const narrow = hub.cmdb.createItem(request, as(account(all), 'key-1'));
    await expect(narrow).rejects.toMatchObject({ message: expect.not.stringContaining('616101') });
  });
});

describe('who may see the north only', () => {
  it('sees of an item that came from the south no version from there', async () => {
    const { id } = await create('came', { site: 'S', memoryGb: 11 });
    const south = new Date().toISOString();
    await new Promise((resolve) => setTimeout(resolve, 2));
    await patch(id, 1, { site: 'N' }, open());
    await patch(id, 2, { memoryGb: 12 }, inNorth());
    const { items } = await hub.cmdb.getItemHistory({ id }, inNorth());
    expect(items.map(({ version }) => version)).toEqual([3, 2]);
    await expect(hub.cmdb.getItem({ id, asOf: south }, inNorth())).rejects.toMatchObject({ kind: 'not_found' });
    await expect(hub.history.diffItem({ id, from: 1 }, inNorth())).rejects.toMatchObject({ kind: 'not_found' });
    await expect(hub.history.revertItem({ id, expectedVersion: 3, to: 1 }, inNorth())).rejects.toMatchObject({ kind: 'not_found' });
    await expect(patch(id, 3, { site: 'S' }, inNorth())).rejects.toMatchObject({ kind: 'not_allowed' });
    expect((await hub.history.diffItem({ id, fromTime: south }, inNorth())).from).toBeUndefined();
  });

  it('is not told whose identifier is taken, nor by what an item was taken in', async () => {
    const south = await create('bastion', { site: 'S', serialNumber: 'SN-TAKEN', manufacturer: 'HP' });
    const twin = { site: 'N', serialNumber: 'SN-TAKEN', manufacturer: 'HP' };
    const refusal = await create('mine', twin, inNorth()).catch((error: Error) => error.message);
    expect(refusal).toContain('which you may not see');
    expect(refusal).not.toMatch(new RegExp(`bastion|${south.id}`));
    const loser = await create('loser', { site: 'N' });
    await hub.sources.mergeItems({ id: south.id, loserId: loser.id }, open());
    const winner = await hub.cmdb.getItem({ id: south.id }, open());
    await patch(south.id, winner.version, { site: 'S' }, open());
    expect((await hub.cmdb.getItem({ id: loser.id }, open())).mergedInto).toBe(south.id);
    const shown = [
      await hub.cmdb.getItem({ id: loser.id }, inNorth()),
      await hub.cmdb.listItems({ key: loser.key, state: 'retired', where: [] }, inNorth()),
    ];
    expect(JSON.stringify(shown)).toContain('loser');
    expect(JSON.stringify(shown)).not.toContain(south.id);
  });
});
