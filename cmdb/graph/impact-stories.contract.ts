import { readFileSync } from 'node:fs';
import { newUuid } from '../../platform/clock/clock.ts';
import type { Attributes } from '../domain/attributes.ts';
import type { ImpactStep } from '../domain/impact/spread-failure.ts';
import { newItem, reviseItem } from '../domain/item.ts';
import { allows } from '../domain/model/check-relation.ts';
import { relate, unrelate } from '../domain/relation.ts';
import { writeItems } from '../storage/item-store.ts';
import { writeRelations } from '../storage/relation-store.ts';
import type { GraphUnderTest } from './graph.contract.ts';
import { author, model, words } from './graph-shape.contract.ts';

/** One line of `stories/impact.jsonl`. */
interface Story {
  story: string;
  /** By its name: its class, its attributes, and those that it has since it changed. */
  items: Record<string, [string, Attributes?, Attributes?]>;
  /** `vm runs_on old until 2026-01-08`. */
  relations: string[];
  breaks: string;
  down?: string[];
  asOf?: string;
  depth?: number;
  /** `cluster broken 2 x0.5 <- node-1 runs_on (1 of 3 up, needs 2)`. */
  expect: string[];
}

const began = Date.parse('2026-01-01');
const changed = Date.parse('2026-01-08');

const stories = readFileSync(new URL('./stories/impact.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Story);

/** Puts the items and relations of a story into the records, with their past; gives the ids by name. The order of ids is that of the story. */
async function tell({ database }: GraphUnderTest, { items, relations }: Story): Promise<Map<string, string>> {
  const drawn = Object.keys(items).map(() => newUuid());
  drawn.sort();
  const ids = new Map(Object.keys(items).map((name, index) => [name, drawn[index] ?? '']));
  for (const [name, [itemClass, attributes = {}, later]] of Object.entries(items)) {
    const id = ids.get(name) ?? '';
    const first = newItem({ id, source: 'test', key: id }, { class: itemClass, name, attributes }, began);
    await database.commit({ statements: writeItems([{ after: first }], author, words) });
    const next = later && reviseItem(first, { attributes: later }, changed);
    if (next) await database.commit({ statements: writeItems([{ before: first, after: next }], author, words) });
  }
  for (const line of relations) {
    const [from = '', type = '', to = '', edge, date = ''] = line.split(' ');
    const ends = { type, fromId: ids.get(from) ?? '', toId: ids.get(to) ?? '' };
    const isTrue = allows(model, type, items[from]?.[0] ?? '', items[to]?.[0] ?? '');
    if (!isTrue) throw new Error(`The model has no "${line}".`);
    const made = relate(undefined, { ...ends, id: newUuid(), source: 'test' }, edge === 'from' ? Date.parse(date) : began);
    const ended = edge === 'until' && made ? unrelate(made, Date.parse(date)) : undefined;
    for (const relation of [made, ended]) if (relation) await database.commit({ statements: writeRelations([relation], author) });
  }
  return ids;
}

function describeStep({ id, state, distance, weight, via, groups }: ImpactStep, nameOf: (id: string) => string): string {
  const reasons = groups.map(({ members, up, needed }) => ` (${up} of ${members} up, needs ${needed})`);
  return `${nameOf(id)} ${state} ${distance} x${Math.round(weight * 10_000) / 10_000} <- ${nameOf(via.id)} ${via.type}${reasons.join('')}`;
}

/** Every adapter tells the stories as they are written down. */
export function storiesContract(open: () => GraphUnderTest): void {
  const told = new Map<Story, Map<string, string>>();
  beforeAll(async () => {
    for (const story of stories) told.set(story, await tell(open(), story));
    await open().catchUp();
  });

  it.each(stories.map((story) => [story.story, story] as const))('%s', async (_, story) => {
    const ids = told.get(story) ?? new Map<string, string>();
    const names = new Map([...ids].map(([name, id]) => [id, name]));
    const { steps } = await open().graph.impact({
      itemId: ids.get(story.breaks) ?? '',
      depth: story.depth ?? 6,
      limit: 5_000,
      timeout: 10_000,
      down: (story.down ?? []).map((name) => ids.get(name) ?? ''),
      ...(story.asOf !== undefined && { at: Date.parse(story.asOf) }),
    });
    expect(steps.map((step) => describeStep(step, (id) => names.get(id) ?? id))).toEqual(story.expect);
  });
}
