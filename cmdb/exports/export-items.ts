import type { Readable } from 'node:stream';
import type { FileChunk } from '../../generated/opora/api/v1/file.ts';
import type { ExportItemsRequest } from '../../generated/opora/cmdb/v1/imports.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { ItemState } from '../domain/item.ts';
import { type CompiledModel, classesWithin } from '../domain/model/compile-model.ts';
import type { Label } from '../domain/model/model.ts';
import type { Reader } from '../domain/sheets/write-value.ts';
import { askedAttributes, whereItems } from '../find/item-filter.ts';
import { listItems } from '../find/list-items.ts';
import { requireZone } from '../imports/settings.ts';
import { type ItemRights, refuseAsking } from '../rights/rights.ts';
import { writeCsv } from '../sheets/write-csv.ts';
import { writeXlsx } from '../sheets/write-xlsx.ts';
import { chooseColumns, type ExportColumn } from './export-columns.ts';
import { inPieces, mediaTypes } from './file-pieces.ts';

const pageSize = 500;

/** A list of items as a file, a page of items at a time, however long it is. */
export async function* exportItems(
  database: Database,
  model: CompiledModel,
  request: ExportItemsRequest,
  rights: ItemRights,
): AsyncGenerator<FileChunk> {
  const { format = 'xlsx', language = 'ru', columns: wanted, zone = 'UTC', ...asked } = request;
  // The columns are chosen by the classes of what is found, and so would tell of it.
  refuseAsking(rights, askedAttributes(asked));
  const list = { database, model, asked, rights };
  const reader: Reader = { language, zone: requireZone(zone) };
  const columns = chooseColumns({ model, classes: await findClasses(list), language, wanted, masked: rights.masked });
  const title = titleOf(model, asked.class, language);
  const rows = readRows(list, columns);
  const file: Readable = format === 'csv' ? writeCsv(columns, rows, reader) : writeXlsx(columns, rows, { ...reader, sheetName: title });
  yield* inPieces(file, { name: `${title}.${format}`, mediaType: mediaTypes[format] });
}

interface AskedList {
  database: Database;
  model: CompiledModel;
  asked: Omit<ExportItemsRequest, 'format' | 'language' | 'columns' | 'zone'>;
  rights: ItemRights;
}

async function* readRows({ database, model, asked, rights }: AskedList, columns: readonly ExportColumn[]): AsyncGenerator<unknown[]> {
  const toRow = (item: ItemState) => columns.map(({ read }) => read(item));
  for (let after: string | undefined; ; ) {
    const { items, next } = await listItems(
      database,
      { sort: 'name', ...asked, limit: pageSize, ...(after !== undefined && { after }) },
      model,
      rights,
    );
    for (const item of items) yield toRow(item);
    if (next === undefined) return;
    after = next;
  }
}

/** Of the items of the list; of an empty one those that it could have. */
async function findClasses({ database, model, asked, rights }: AskedList): Promise<string[]> {
  const possible = asked.class === undefined ? [] : classesWithin(model, asked.class);
  if (possible.length === 1) return possible;
  const found = await database.query<{ class: string }>(
    sql`select distinct class from item where ${whereItems(asked, model)} and ${rights.sight.items()} order by class`,
  );
  return found.length > 0 ? found.map((row) => row.class) : possible;
}

function titleOf(model: CompiledModel, itemClass: string | undefined, language: keyof Label): string {
  const label = itemClass === undefined ? undefined : model.classes.get(itemClass)?.label;
  return (label ?? { ru: 'Единицы', en: 'Items' })[language];
}
