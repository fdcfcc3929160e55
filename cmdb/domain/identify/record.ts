import type { Attributes } from '../attributes.ts';

/** How a record names the item that it stands on or runs on: by that item's own key at the same source, or by its id. */
export type HostReference = { key: string } | { itemId: string };

/** What a source says of one item. */
export interface SourceRecord {
  source: string;
  /** The source's native id; a row of a person's sheet has none. */
  key?: string;
  class: string;
  name: string;
  attributes?: Attributes;
  lookups?: readonly string[];
  organization?: string;
  site?: string;
  /** A life-cycle state of its class. */
  state?: string;
  /** By the type of relation. */
  hosts?: Readonly<Record<string, HostReference>>;
}

/** The texts of a field that an identifier entry names; a number is read as it is written. Empty when the record says nothing of it. */
export function readTexts(record: Pick<SourceRecord, 'name' | 'attributes' | 'lookups' | 'organization' | 'site'>, field: string): string[] {
  const value = field === 'name' ? record.name : field === 'lookups' ? record.lookups : readValue(record, field);
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.flatMap((one) => {
    if (typeof one === 'string') return one.trim() === '' ? [] : [one];
    return typeof one === 'number' && Number.isFinite(one) ? [String(one)] : [];
  });
}

function readValue(record: Pick<SourceRecord, 'attributes' | 'organization' | 'site'>, field: string): unknown {
  if (record.attributes && Object.hasOwn(record.attributes, field)) return record.attributes[field];
  if (field === 'organization') return record.organization;
  return field === 'site' ? record.site : undefined;
}
