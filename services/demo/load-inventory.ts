import type { DeltaOutcome } from '../../generated/opora/cmdb/v1/sources.ts';
import type { Principal } from '../../platform/rpc/call.ts';
import type { DemoItem, DemoRelation, Enterprise } from './domain/enterprise.ts';
import type { Random } from './domain/random.ts';
import { imagineYear, type PersonalChange, type SourceWord } from './domain/year.ts';
import type { WaterParts } from './load-water.ts';

const mostRecords = 500;

/** In whose name each source speaks. */
const speakers: Readonly<Record<SourceWord['source'], string>> = {
  demo: 'Реестр оборудования',
  '1c': '1С: основные средства',
  agent: 'Агент инвентаризации',
  vcenter: 'vCenter',
};

/** Tells the CMDB a year of what its sources said, each word at its time, and gives the ids of the items by their keys in the register. */
export async function loadInventory(parts: WaterParts, enterprise: Enterprise, random: Random, now: number): Promise<Map<string, string>> {
  const { words, changes, register } = imagineYear(random, enterprise, now);
  const itemIds = new Map<string, string>();
  const story = [...words.map((word) => ({ at: word.at, word })), ...changes.map((change) => ({ at: change.at, change }))].sort(
    (one, other) => one.at - other.at,
  );
  for (const [index, step] of story.entries()) {
    if ('word' in step) await tell(parts, step.word, `demo/year/${index}`, itemIds);
    else await changeByHand(parts, step.change, `demo/year/${index}`, itemIds);
  }
  await sendRegister(parts, register);
  return itemIds;
}

async function tell({ sources, within }: WaterParts, word: SourceWord, key: string, itemIds: Map<string, string>): Promise<void> {
  const { source, at, reason, items, relations, removedKeys, removedRelations } = word;
  const pages = Math.max(1, Math.ceil(items.length / mostRecords), Math.ceil(relations.length / mostRecords));
  for (let page = 0; page < pages; page++) {
    const range: [number, number] = [page * mostRecords, (page + 1) * mostRecords];
    const some = items.slice(...range);
    const outcome: DeltaOutcome = await sources.takeDelta(
      {
        source,
        reason,
        items: some.map(toRecord),
        relations: relations.slice(...range).map(toRelation),
        removedKeys: page === 0 ? [...removedKeys] : [],
        removedRelations: page === 0 ? removedRelations.map(toRelation) : [],
      },
      { ...within(30_000, { idempotencyKey: `${key}/${page}`, at }), principal: speakAs(source, speakers[source]) },
    );
    if (source !== 'demo') continue;
    for (const [place, { id }] of outcome.items.entries()) if (id !== undefined) itemIds.set(some[place]?.key ?? '', id);
  }
}

/** Today the register says all that it knows, as it does every night. */
async function sendRegister({ sources, within }: WaterParts, { items, relations }: Enterprise): Promise<void> {
  const as = (key: string) => ({ ...within(30_000, { idempotencyKey: `demo/register/${key}` }), principal: speakAs('demo', speakers.demo) });
  const { id } = await sources.beginSnapshot({ source: 'demo', reason: 'Ночная сверка реестра' }, as('begin'));
  const records = [...items.map((item) => ({ item })), ...relations.map((relation) => ({ relation }))];
  for (let from = 0; from < records.length; from += mostRecords) {
    const page = records.slice(from, from + mostRecords);
    await sources.takeSnapshotPage(
      {
        source: 'demo',
        id,
        items: page.flatMap((record) => ('item' in record ? [toRecord(record.item)] : [])),
        relations: page.flatMap((record) => ('relation' in record ? [toRelation(record.relation)] : [])),
      },
      as(String(from)),
    );
  }
  await sources.completeSnapshot({ source: 'demo', id }, as('complete'));
}

function toRecord({ attributes, lookups, ...item }: DemoItem) {
  return { ...item, attributes: JSON.stringify(attributes), lookups: [...lookups], hosts: {} };
}

function toRelation({ type, from, to }: DemoRelation) {
  return { type, fromKey: from, toKey: to };
}

async function changeByHand({ cmdb, within }: WaterParts, change: PersonalChange, key: string, itemIds: ReadonlyMap<string, string>): Promise<void> {
  const id = itemIds.get(change.item);
  if (id === undefined) throw new Error(`"${change.item}" is not there yet.`);
  await cmdb.updateItem(
    { id, expectedVersion: 0, attributes: JSON.stringify(change.attributes), addLookups: [], removeLookups: [], reason: change.reason },
    { ...within(20_000, { idempotencyKey: key, at: change.at }), principal: speakAs('t.belova', change.by) },
  );
}

/** Only a service may say when something was. */
function speakAs(id: string, name: string): Principal {
  return { kind: 'service', id, name, permissions: ['*'] };
}
