import type { Person, PersonRecord } from '../../../../generated/opora/directory/v1/people.ts';
import type { FieldViolation } from '../../../../platform/errors/app-error.ts';
import type { Changes, Database } from '../../../../platform/postgres/database.ts';
import { sql } from '../../../../platform/postgres/sql.ts';
import type { Writer } from '../../records/history.ts';
import { cutRings } from '../../records/keep-tree.ts';
import { readRecords } from '../../records/record-store.ts';
import { changesOf, patchRecord, prepareNew } from '../../records/record-use-cases.ts';
import type { Step } from '../../records/resource.ts';
import { person } from '../person.ts';
import { type AwaitedManager, readAwaiting, writeAwaited } from './awaited-managers.ts';
import { type FindId, namedBySystem, namedFields, resolveReferences } from './resolve-references.ts';

/** A record and which of its stream it is, from 1. */
export interface NumberedRecord {
  number: number;
  record: PersonRecord;
}

export interface PageOutcome {
  created: number;
  updated: number;
  unchanged: number;
  waiting: number;
  refusals: { number: number; record: PersonRecord; violation: FieldViolation }[];
}

/** Decides a page of records: what is to be written of it, and what became of each. All reads are of the page, whatever the directory holds. */
export async function decidePage(
  database: Database,
  page: readonly NumberedRecord[],
  writer: Writer,
): Promise<{ changes: Changes; outcome: PageOutcome }> {
  const records = page.map(({ record }) => record);
  const findKnown = await resolveReferences(database, records);
  const references = records.map(({ externalReference }) => externalReference);
  const waitingForThem = await readAwaiting(database, references);
  const ids = [...references.flatMap(({ system, id }) => findKnown('person', system, id) ?? []), ...waitingForThem.map(({ personId }) => personId)];
  const known = new Map(
    (await readRecords<Person>(database, person, sql`r.id = any(${[...new Set(ids)]}::uuid[])`)).map((state) => [state.id, state]),
  );

  const states = new Map(known);
  const made = new Map<string, string>();
  const find: FindId = (kind, system, id) => findKnown(kind, system, id) ?? (kind === 'person' ? made.get(`${system}\n${id}`) : undefined);
  const taken: { number: number; record: PersonRecord; id: string }[] = [];
  const refusals: PageOutcome['refusals'] = [];
  for (const { number, record } of page) {
    const { given, violations } = readRecord(record, find);
    const id = find('person', record.externalReference.system, record.externalReference.id);
    const before = id === undefined ? undefined : states.get(id);
    const after = before
      ? patchRecord(person, before, { given, clear: [] }, writer.now)
      : prepareNew(person, { ...given, externalReferences: [record.externalReference] }, writer);
    violations.push(
      ...(before?.erasedAt === undefined ? (person.check?.(after) ?? []) : [{ pointer: '', message: 'is of a person whose data was erased' }]),
    );
    if (violations.length > 0) {
      refusals.push(...violations.map((violation) => ({ number, record, violation })));
      continue;
    }
    if (!before) made.set(`${record.externalReference.system}\n${record.externalReference.id}`, after.id);
    states.set(after.id, after);
    taken.push({ number, record, id: after.id });
  }

  const { settled, awaiting } = setManagers({ taken, waitingForThem, states, find, now: writer.now });
  const before = (id: string) => known.get(id);
  // Of several records of one person in a page it is one change.
  const steps: Step<Person>[] = [...states.values()].flatMap((after) => {
    const old = before(after.id);
    if (old === after) return [];
    return [{ before: old, after: old ? { ...after, version: old.version + 1 } : { ...after, version: 1 } }];
  });
  const { statements: tree, cut } = await cutRings(database, person, steps);
  for (const id of cut) {
    const record = taken.find((one) => one.id === id);
    if (record)
      refusals.push({
        number: record.number,
        record: record.record,
        violation: { pointer: '/manager', message: 'would put them above themselves: left out' },
      });
  }
  const changes = steps.length > 0 ? changesOf(person, steps, writer, 'imported') : {};
  const created = steps.filter((step) => !step.before).length;
  const updated = new Set(steps.flatMap((step) => (step.before ? [step.after.id] : [])));
  return {
    changes: { ...changes, statements: [...(changes.statements ?? []), ...tree, ...writeAwaited(settled, awaiting)] },
    outcome: {
      created,
      updated: updated.size,
      unchanged: new Set(taken.filter(({ id }) => known.has(id) && !updated.has(id)).map(({ id }) => id)).size,
      waiting: awaiting.length,
      refusals,
    },
  };
}

/** The fields of a person that a record tells; ids of the system that nobody has are violations, except the manager's. */
function readRecord(record: PersonRecord, find: FindId): { given: Partial<Person>; violations: FieldViolation[] } {
  const { externalReference, organization: _, department: __, site: ___, schedule: ____, manager: _____, skills, ...own } = record;
  const given: Record<string, unknown> = { ...own };
  const violations: FieldViolation[] = [];
  for (const field of namedFields) {
    const id = record[field];
    if (id === undefined) continue;
    const known = find(namedBySystem[field].kind, externalReference.system, id);
    if (known !== undefined) given[namedBySystem[field].field] = known;
    else violations.push({ pointer: `/${field}`, message: `nothing is known as "${id}" in ${externalReference.system}: send it first` });
  }
  given['skills'] = skills.flatMap(({ skill, level }, index) => {
    const skillId = find('skill', externalReference.system, skill);
    if (skillId !== undefined) return [{ skillId, level }];
    violations.push({ pointer: `/skills/${index}/skill`, message: `nothing is known as "${skill}" in ${externalReference.system}: send it first` });
    return [];
  });
  return { given, violations };
}

interface Managing {
  taken: readonly { record: PersonRecord; id: string }[];
  waitingForThem: readonly AwaitedManager[];
  states: Map<string, Person>;
  find: FindId;
  now: number;
}

/** Sets the managers that are known by now, also of those who waited for somebody of this page. */
function setManagers({ taken, waitingForThem, states, find, now }: Managing): { settled: string[]; awaiting: AwaitedManager[] } {
  const said = new Map(waitingForThem.map((one) => [one.personId, one]));
  for (const { record, id } of taken) {
    if (record.manager !== undefined) said.set(id, { personId: id, system: record.externalReference.system, id: record.manager });
  }
  const settled: string[] = [];
  const awaiting: AwaitedManager[] = [];
  for (const one of said.values()) {
    const state = states.get(one.personId);
    const managerId = find('person', one.system, one.id);
    if (managerId === undefined) awaiting.push(one);
    else {
      settled.push(one.personId);
      if (state && managerId !== state.id) states.set(state.id, patchRecord(person, state, { given: { managerId }, clear: [] }, now));
    }
  }
  return { settled, awaiting };
}
