import type { ValueKind } from '../domain/sheets/write-value.ts';

/** A column of a list to be written; a row has a value for each, in their order. */
export interface ListColumn extends ValueKind {
  header: string;
}
