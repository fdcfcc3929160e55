import type { CallOptions } from '../rpc/call.ts';

/** Words for people in both languages. */
export interface Label {
  ru: string;
  en: string;
}

/** Something wrong with a content (`error`: it cannot be published), or something to think about. `pointer` is a JSON pointer into the content. */
export interface Finding {
  severity: 'error' | 'warning';
  pointer: string;
  message: Label;
}

/** What a content would have done with the past. */
export interface TryReport {
  cases: number;
  /** So many of them would have gone as they went. */
  same: number;
  differences: readonly { what: Label; count: number; examples: readonly string[] }[];
}

/** A kind of definitions that a service declares. Its content is a message of the contract, whose schema is checked before `check` sees it. */
export interface DefinitionKind<Content = unknown> {
  kind: string;
  /** Full name of the message: `opora.catalog.v1.Lifecycle`. */
  message: string;
  /** All that the schema cannot say. `readNames` gives the names of a kind that hold, those that are published together with it too. */
  check(content: Content, context: { readNames(kind: string): Promise<ReadonlySet<string>> }): readonly Finding[] | Promise<readonly Finding[]>;
  /** Absent where there is no past to try it on. */
  tryOn?(content: Content, past: { limit: number; options: CallOptions }): Promise<TryReport>;
}

/** What a service lists among its kinds; only `check` and `tryOn` know the content's type, which the schema guarantees. */
export function definitionKind<Content>(kind: DefinitionKind<Content>): DefinitionKind {
  return kind as unknown as DefinitionKind;
}

export interface DefinitionName {
  kind: string;
  name: string;
}

/** A version without what it says. Times are epoch milliseconds. */
export interface VersionHead extends DefinitionName {
  version: number;
  comment?: string;
  /** The version whose content it is again. */
  rolledBackTo?: number;
  publishedAt: number;
  actorId: string;
  actorName: string;
}

export interface VersionState extends VersionHead {
  content: unknown;
}

/** The next version while people work on it; `base` is the version that it was made from, 0 for a new definition. */
export interface DraftState extends DefinitionName {
  base: number;
  content: unknown;
  version: number;
  createdAt: number;
  updatedAt: number;
  /** Name of who changed it last. */
  updatedBy: string;
}

/** One definition in a list. */
export interface DefinitionHead {
  name: string;
  /** What holds; absent when there is only a draft. */
  newest?: { version: number; publishedAt: number; publishedBy: string };
  hasDraft: boolean;
}
