import type { Person } from '../../../../generated/opora/directory/v1/people.ts';

/** What was found in a field before and after a merge; no key: nothing. */
export interface FieldChange {
  field: string;
  before?: unknown;
  after?: unknown;
}

/** Two that are the same person: the one who stays has what the double knew and they did not; the double keeps what it said and stands for nobody. */
export function mergePeople(kept: Person, gone: Person): { kept: Person; gone: Person } {
  const {
    id: _,
    version: __,
    createdAt: ___,
    updatedAt: ____,
    contacts,
    skills,
    externalReferences,
    vip,
    active,
    mergedIntoId: _____,
    ...known
  } = gone;
  const levels = new Map(kept.skills.map((skill) => [skill.skillId, skill]));
  for (const skill of skills) if ((levels.get(skill.skillId)?.level ?? 0) < skill.level) levels.set(skill.skillId, skill);
  const has = (one: Person['contacts'][number]) => kept.contacts.some(({ kind, value }) => kind === one.kind && value === one.value);
  const merged: Person = {
    ...known,
    ...kept,
    contacts: [...kept.contacts, ...contacts.filter((one) => !has(one))],
    skills: [...levels.values()],
    externalReferences: [...kept.externalReferences, ...externalReferences],
    vip: kept.vip || vip,
    active: kept.active || active,
  };
  // Whoever reported to their own double reports to whom the double did.
  const managerId = merged.managerId === gone.id ? gone.managerId : merged.managerId;
  const { managerId: ______, ...rest } = merged;
  return {
    kept: { ...rest, ...(managerId !== undefined && managerId !== kept.id && { managerId }) },
    gone: { ...gone, externalReferences: [], active: false, mergedIntoId: kept.id },
  };
}

/**
 * The value of a field with a change taken back: what it was before, when it is still what the change made it. Of a list, what came is taken out and what went
 * is put back, whatever else has become of it.
 */
export function takeBack(now: unknown, { before, after }: FieldChange): unknown {
  if (Array.isArray(now) && Array.isArray(before) && Array.isArray(after)) {
    const isIn = (list: readonly unknown[], entry: unknown) => list.some((one) => isSame(one, entry));
    const came = after.filter((entry) => !isIn(before, entry));
    const went = before.filter((entry) => !isIn(after, entry));
    const left = now.filter((entry) => !isIn(came, entry));
    return [...left, ...went.filter((entry) => !isIn(left, entry))];
  }
  return isSame(now, after) ? before : now;
}

function isSame(one: unknown, other: unknown): boolean {
  return toText(one) === toText(other);
}

/** Keys in order: how the database keeps them is its own affair. */
function toText(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  ) as string;
}
