import type { Migration, ModelDefinition } from '../../generated/opora/cmdb/v1/model.ts';
import { aClass, type CmdbUnderTest, integer, mine, openCmdb, peopleOf, text } from '../../tests/cmdb/cmdb-under-test.ts';

let subject: CmdbUnderTest;
let models: CmdbUnderTest['models'];
let people: ReturnType<typeof peopleOf>;

beforeAll(async () => {
  subject = await openCmdb();
  ({ models } = subject);
  people = peopleOf(subject);
});
afterAll(() => subject.stop());

const withoutAttribute = (name: string, attribute: string) => (classes: ModelDefinition['classes']) =>
  classes.map((own) =>
    own.name === name ? { ...own, attributes: Object.fromEntries(Object.entries(own.attributes).filter(([one]) => one !== attribute)) } : own,
  );

describe('a draft', () => {
  it('is tested against what is there, and published; what it says is then a version', async () => {
    await models.putClass(aClass('dam', { attributes: { lengthM: integer, kind: text } }), mine());
    const [small, big] = [await people.create('dam', { lengthM: 5, kind: 'earth' }), await people.create('dam', { lengthM: 500 })];
    const narrower = (classes: ModelDefinition['classes']) =>
      classes.map((own) =>
        own.name === 'dam' ? { ...own, attributes: { lengthM: { ...integer, maximum: 100 }, kind: { ...text, required: true } } } : own,
      );
    const { id, base, losses, changes } = await people.draft(narrower);
    expect(losses.map(({ kind, pointer, migration }) => [kind, pointer, migration?.kind])).toEqual([
      ['narrowed', '/classes/dam/attributes/lengthM', 'dropInvalid'],
      ['required', '/classes/dam/attributes/kind', 'setDefault'],
    ]);
    expect(changes).toContainEqual({ pointer: '/classes/dam/attributes/lengthM/maximum', change: 'added', after: '100' });
    expect(await people.tested(id)).toMatchObject({
      total: 2,
      checked: 2,
      invalid: 1,
      counts: [
        { class: 'dam', reason: 'value', attribute: 'lengthM', count: 1 },
        { class: 'dam', reason: 'required', attribute: 'kind', count: 1 },
      ],
      findings: [
        { itemId: big.id, reason: 'value', pointer: '/attributes/lengthM' },
        { itemId: big.id, reason: 'required', pointer: '/attributes/kind' },
      ],
    });
    await expect(models.publishDraft({ id, expectedVersion: 1, acceptInvalid: true }, mine())).rejects.toMatchObject({ kind: 'invalid_input' });

    const migrations: Migration[] = [
      { kind: 'dropInvalid', class: 'dam', attribute: 'lengthM' },
      { kind: 'setDefault', class: 'dam', attribute: 'kind', value: '"concrete"' },
    ];
    const second = await models.updateDraft({ id, expectedVersion: 1, definition: await people.changed(narrower), migrations, note: 'ГОСТ' }, mine());
    expect(second).toMatchObject({ version: 2, base, note: 'ГОСТ', updatedBy: 'Ольга' });
    await expect(models.publishDraft({ id, expectedVersion: 2, acceptInvalid: false }, mine())).rejects.toMatchObject({ kind: 'illegal_state' });
    expect(await people.tested(id)).toMatchObject({ draftVersion: 2, invalid: 0, findings: [] });
    const published = await models.publishDraft({ id, expectedVersion: 2, acceptInvalid: false }, mine());
    expect(published).toMatchObject({ version: base + 1, note: 'ГОСТ', publishedBy: 'Ольга', migrations });
    await people.migratedVersion(published.version);
    expect([await people.attributesOf(small.id), await people.attributesOf(big.id)]).toEqual([
      { lengthM: 5, kind: 'earth', lifecycleState: 'in_use' },
      { kind: 'concrete', lifecycleState: 'in_use' },
    ]);
    await expect(models.getDraft({ id }, mine())).rejects.toMatchObject({ kind: 'not_found' });
    const { changes: told } = await models.diffModelVersions({ from: String(base), to: String(base + 1) }, mine());
    expect(told.map(({ pointer }) => pointer)).toEqual(['/classes/dam/attributes/lengthM/maximum', '/classes/dam/attributes/kind/required']);
  });

  it('of an old version is a conflict until its base is set to the one that holds', async () => {
    const { id } = await people.draft((classes) => classes);
    await models.putClass(aClass('mill'), mine());
    await expect(models.testDraft({ id }, mine())).rejects.toMatchObject({ kind: 'conflict' });
    await expect(models.publishDraft({ id, expectedVersion: 1, acceptInvalid: false }, mine())).rejects.toMatchObject({ kind: 'conflict' });
    const base = await people.currentVersion();
    await models.updateDraft({ id, expectedVersion: 1, definition: await people.changed((classes) => classes), migrations: [], base }, mine());
    await people.tested(id);
    expect(await models.publishDraft({ id, expectedVersion: 2, acceptInvalid: false }, mine())).toMatchObject({ version: base + 1 });
  });

  it('lets one of two who change it win, is refused when it does not hold together, and can be given up', async () => {
    const { id } = await people.draft((classes) => classes);
    const definition = await people.changed((classes) => classes);
    const update = (more: Partial<{ definition: ModelDefinition; expectedVersion: number }>) =>
      models.updateDraft({ id, expectedVersion: 1, definition, migrations: [], ...more }, mine());
    const outcomes = await Promise.allSettled([update({}), update({}), update({})]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const broken = await people.changed((classes) => classes.filter(({ name }) => name !== 'place'));
    const refused: { violations: { pointer: string }[] } = await update({ definition: broken, expectedVersion: 2 }).then(
      () => ({ violations: [] }),
      (error) => error,
    );
    expect(refused.violations.length).toBeGreaterThan(5);
    expect((await models.listDrafts({}, mine())).items.map((one) => one.id)).toContain(id);
    await models.discardDraft({ id }, mine());
    await models.discardDraft({ id }, mine());
    expect((await models.listDrafts({}, mine())).items.map((one) => one.id)).not.toContain(id);
  });

  it('that makes items invalid without losing anything asks whether that is meant', async () => {
    await models.putClass(aClass('quay'), mine());
    await people.create('quay', { depthM: 'deep' });
    const { id } = await people.draft((classes) => classes.map((own) => (own.name === 'quay' ? { ...own, attributes: { depthM: integer } } : own)));
    expect(await people.tested(id)).toMatchObject({ invalid: 1, counts: [{ class: 'quay', reason: 'value', attribute: 'depthM', count: 1 }] });
    await expect(models.publishDraft({ id, expectedVersion: 1, acceptInvalid: false }, mine())).rejects.toMatchObject({
      kind: 'illegal_state',
      violations: [{ pointer: '/classes/quay/attributes/depthM' }],
    });
    const { version } = await models.publishDraft({ id, expectedVersion: 1, acceptInvalid: true }, mine());
    expect(version).toBe(await people.currentVersion());
  });

  it('is not tested against classes that it leaves alone', async () => {
    await people.create('site', {});
    const { id } = await people.draft(withoutAttribute('well', 'depthM'));
    expect(await people.tested(id)).toMatchObject({ total: 0, checked: 0, invalid: 0 });
  });
});
