import type { CreateBulkEditRequest, ItemChanges } from '../../generated/opora/cmdb/v1/edits.ts';
import { AppError, type FieldViolation } from '../../platform/errors/app-error.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Call } from '../../platform/rpc/call.ts';
import { setTimers } from '../../platform/timers/timers.ts';
import { type Attributes, readAttributes } from '../domain/attributes.ts';
import { checkClass } from '../domain/model/check-item.ts';
import { checkRelationType } from '../domain/model/check-relation.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { pointTo } from '../domain/model/pointer.ts';
import { askedAttributes, whereItems } from '../find/item-filter.ts';
import { insertChangeSet } from '../history/change-set-store.ts';
import { beginChangeSet } from '../history/change-sets.ts';
import { refuse } from '../items.ts';
import { retryLostRace } from '../retry-lost-race.ts';
import { refuseAsking, refuseMasked, rightsReader } from '../rights/rights.ts';
import type { PageParts } from '../sources/take-page.ts';
import { type BulkEditState, insertBulkEdit, readBulkEdits, updateBulkEdit } from './bulk-edit-store.ts';
import { bulkEditTimer, expiryTimer } from './bulk-edit-timers.ts';
import { countMeant, refuseEverything } from './items-meant.ts';

/** Milliseconds for which one that was looked at waits to be applied. */
const patience = 7 * 24 * 3_600_000;

/** The life of a bulk edit: previewing → draft → applying → applied; or expired, when nobody applies it. */
export function bulkEditUseCases({ database, model }: PageParts) {
  const rightsFor = rightsReader(model);

  async function find(id: string): Promise<BulkEditState> {
    const [edit] = await readBulkEdits(database, sql`id = ${id}`);
    if (!edit) throw new AppError('not_found', `There is no bulk edit "${id}".`);
    return edit;
  }

  return {
    find,

    async create<Answer>(
      { filter, changes, title, reason }: CreateBulkEditRequest,
      call: Call,
      answer: (edit: BulkEditState) => Answer,
    ): Promise<Answer> {
      const compiled = await model();
      refuseEverything(filter);
      refuse(checkChanges(changes, compiled), 'There is nothing that could be done.');
      const rights = await rightsFor(call);
      refuseMasked(rights, givenBy(changes), '/changes/attributes');
      refuseAsking(rights, askedAttributes(filter, '/filter'));
      const where = whereItems(filter, compiled, '/filter');
      const edit: BulkEditState = {
        id: call.newId(),
        status: 'previewing',
        title: title ?? nameChanges(changes),
        filter,
        changes,
        ...(reason !== undefined && { reason }),
        total: await countMeant(database, where),
        done: 0,
        preview: {},
        applied: {},
        actorId: call.principal.id,
        actorName: call.principal.name,
        version: 1,
        createdAt: call.now,
        updatedAt: call.now,
      };
      const timers = [
        { key: bulkEditTimer(edit), due: call.now },
        { key: expiryTimer(edit.id), due: call.now + patience },
      ];
      return call.commit({ statements: [...insertBulkEdit(edit, where), setTimers(timers)] }, answer(edit));
    },

    /** Begins to apply it in the name of whoever asks. Asked again, it goes on. */
    apply<Answer>(id: string, call: Call, answer: (edit: BulkEditState) => Answer): Promise<Answer> {
      return retryLostRace(call, async () => {
        const edit = await find(id);
        refuseMasked(await rightsFor(call), givenBy(edit.changes), '/changes/attributes');
        if (edit.status === 'applying' || edit.status === 'applied') return call.commit({}, answer(edit));
        if (edit.status === 'previewing') throw new AppError('illegal_state', 'It is still being looked at: wait until its status is draft.');
        if (edit.status === 'expired') throw new AppError('illegal_state', 'Nobody has applied it for a week, so it was forgotten: make it again.');
        const { id: actorId, name: actorName } = call.principal;
        const applying: BulkEditState = {
          ...edit,
          status: 'applying',
          done: 0,
          appliedById: actorId,
          appliedBy: actorName,
          version: edit.version + 1,
          updatedAt: call.now,
        };
        const set = { ...beginChangeSet(call, { kind: 'bulk', title: edit.title, ...(edit.reason !== undefined && { reason: edit.reason }) }), id };
        const timer = setTimers([{ key: bulkEditTimer(applying), due: call.now }]);
        return call.commit({ statements: [updateBulkEdit(applying), insertChangeSet(set), timer] }, answer(applying));
      });
    },
  };
}

function givenBy({ attributes }: { attributes?: string | undefined }): Attributes {
  return attributes === undefined ? {} : readAttributes(attributes, '/changes/attributes');
}

function checkChanges(changes: ItemChanges, model: CompiledModel): FieldViolation[] {
  const { class: itemClass, attributes, addLookups, removeLookups, retire, addRelations, removeRelations } = changes;
  const sets = Object.keys(givenBy({ attributes })).length + addLookups.length + removeLookups.length + addRelations.length + removeRelations.length;
  const violations: FieldViolation[] = itemClass === undefined ? [] : checkClass(model, itemClass, '/changes/class');
  if (sets === 0 && itemClass === undefined && !retire) violations.push({ pointer: '/changes', message: 'must change something' });
  for (const [field, ends] of Object.entries({ addRelations, removeRelations }))
    for (const [index, { type }] of ends.entries()) violations.push(...checkRelationType(model, type, pointTo('/changes', field, index, 'type')));
  if (retire && addRelations.length > 0) violations.push({ pointer: '/changes/addRelations', message: 'cannot begin at items that go out of use' });
  return violations;
}

function nameChanges({ class: itemClass, attributes, addLookups, removeLookups, retire, addRelations, removeRelations }: ItemChanges): string {
  const names = [
    ...(retire ? ['state'] : []),
    ...(itemClass === undefined ? [] : ['class']),
    ...Object.keys(givenBy({ attributes })),
    ...(addLookups.length + removeLookups.length > 0 ? ['lookups'] : []),
    ...[...addRelations, ...removeRelations].map(({ type }) => type),
  ];
  return [...new Set(names)].join(', ').slice(0, 200);
}
