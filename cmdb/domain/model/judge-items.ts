import { type CheckedItem, checkItem } from './check-item.ts';
import { allows } from './check-relation.ts';
import { isEmpty } from './check-value.ts';
import type { Reason } from './compare-models.ts';
import type { CompiledModel } from './compile-model.ts';
import { migrateItem } from './migrate-item.ts';
import type { Migration } from './migration.ts';
import { pointTo } from './pointer.ts';

/** Something of the inventory that a draft does not fit. */
export interface Finding {
  /** The item, or the item at which the relation begins. */
  itemId: string;
  name: string;
  class: string;
  reason: Reason;
  /** In the item: `/attributes/memoryGb`; of a relation, `/relations/{id}`. */
  pointer: string;
  message: string;
}

/** How often something is found, by the class as it is now. */
export interface FindingCount {
  class: string;
  reason: Reason;
  attribute?: string;
  relationType?: string;
  count: number;
}

export interface Findings {
  /** Items that do not fit the present model either. */
  alreadyInvalid: number;
  /** Items and relations that would not fit any more. */
  invalid: number;
  counts: FindingCount[];
  /** The first of them. */
  findings: Finding[];
}

/** From the present model to the draft's, with what becomes of items. */
export interface Judging {
  before: CompiledModel;
  after: CompiledModel;
  migrations: readonly Migration[];
}

export interface JudgedItem extends CheckedItem {
  id: string;
  name: string;
}

export interface JudgedRelation {
  id: string;
  type: string;
  fromId: string;
  fromName: string;
  fromClass: string;
  toClass: string;
}

export const mostFindings = 1_000;

export const noFindings: Findings = { alreadyInvalid: 0, invalid: 0, counts: [], findings: [] };

/** Adds what a page of items does not fit. What is wrong with an item today is not held against the draft, but a value that is lost is, right or wrong. */
export function judgeItems(so: Findings, items: readonly JudgedItem[], judging: Judging): Findings {
  const tally = startTally(so);
  for (const item of items) {
    const broken = checkItem(judging.before, item).violations;
    if (broken.length > 0) tally.alreadyInvalid();
    const today = new Set(broken.map(({ pointer }) => pointer));
    tally.add(judgeItem(item, judging).filter(({ reason, pointer }) => reason === 'attribute' || !today.has(pointer)));
  }
  return tally.finish();
}

function judgeItem(item: JudgedItem, { before, after, migrations }: Judging): (Finding & { attribute?: string })[] {
  const now = migrateItem(item, migrations, { before, after });
  const { violations, unknown } = checkItem(after, now);
  const about = { itemId: item.id, name: item.name, class: item.class };
  const found = violations.map(({ pointer, message }): Finding & { attribute?: string } => {
    if (pointer === '/class') return { ...about, reason: 'class', pointer, message };
    const attribute = nameOf(pointer);
    return { ...about, reason: isEmpty(now.attributes[attribute]) ? 'required' : 'value', attribute, pointer, message };
  });
  const old = before.classes.get(item.class);
  const lost = unknown.filter((name) => old?.attributes.has(name) && !isEmpty(now.attributes[name]));
  return [
    ...found,
    ...lost.map((attribute) => ({
      ...about,
      reason: 'attribute' as const,
      attribute,
      pointer: pointTo('/attributes', attribute),
      message: 'the class does not know it any more',
    })),
  ];
}

/** Adds relations that the present model allows and the draft does not. */
export function judgeRelations(so: Findings, relations: readonly JudgedRelation[], { before, after, migrations }: Judging): Findings {
  const tally = startTally(so);
  const classThen = (name: string) =>
    migrateItem(
      { class: name, attributes: {} },
      migrations.filter(({ kind }) => kind === 'moveItems'),
      { before, after },
    ).class;
  for (const { id, type, fromId, fromName, fromClass, toClass } of relations) {
    if (!allows(before, type, fromClass, toClass) || allows(after, type, classThen(fromClass), classThen(toClass))) continue;
    const message = after.relationTypes.has(type)
      ? `"${type}" does not tie ${classThen(fromClass)} → ${classThen(toClass)}`
      : `"${type}" is no type of relation`;
    tally.add([
      { itemId: fromId, name: fromName, class: fromClass, reason: 'relation', pointer: pointTo('/relations', id), message, relationType: type },
    ]);
  }
  return tally.finish();
}

/** Adds items that begin, or at which end, more relations of a type than the draft lets them have. */
export function judgeCrowded(so: Findings, crowded: readonly (Omit<JudgedItem, 'attributes'> & { type: string; count: number })[]): Findings {
  const tally = startTally(so);
  for (const { id, name, class: itemClass, type, count } of crowded) {
    tally.add([
      {
        itemId: id,
        name,
        class: itemClass,
        reason: 'relation',
        pointer: '/relations',
        message: `has ${count} relations "${type}" and may have one`,
        relationType: type,
      },
    ]);
  }
  return tally.finish();
}

/** The name of the attribute that a pointer leads into: `/attributes/macs/3`. */
function nameOf(pointer: string): string {
  return (pointer.split('/')[2] ?? '').replaceAll('~1', '/').replaceAll('~0', '~');
}

function startTally(so: Findings) {
  const keyOf = ({ class: itemClass, reason, attribute, relationType }: Omit<FindingCount, 'count'>) =>
    `${itemClass} ${reason} ${attribute} ${relationType}`;
  const counts = new Map(so.counts.map((count) => [keyOf(count), { ...count }]));
  const findings = [...so.findings];
  let { alreadyInvalid, invalid } = so;
  return {
    alreadyInvalid: () => alreadyInvalid++,
    /** All that is found of one item or relation. */
    add(found: readonly (Finding & { attribute?: string; relationType?: string })[]) {
      if (found.length > 0) invalid++;
      // Of a list each bad entry is a finding, and the attribute counts once.
      const counted = new Set<string>();
      for (const { attribute, relationType, ...finding } of found) {
        const count = {
          class: finding.class,
          reason: finding.reason,
          ...(attribute !== undefined && { attribute }),
          ...(relationType !== undefined && { relationType }),
        };
        const key = keyOf(count);
        if (!counted.has(key)) counts.set(key, { ...count, count: (counts.get(key)?.count ?? 0) + 1 });
        counted.add(key);
        if (findings.length < mostFindings) findings.push(finding);
      }
    },
    finish: (): Findings => ({ alreadyInvalid, invalid, counts: [...counts.values()], findings }),
  };
}
