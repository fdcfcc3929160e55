/** One relation as it is now. Its identity is its type and its ends; once removed it stays as it is, so that it can come back as its next version. */
export interface RelationState {
  id: string;
  type: string;
  fromId: string;
  toId: string;
  source: string;
  state: 'active' | 'removed';
  /** It came, or ended, without the approved change that its type asks for. */
  unauthorised?: boolean;
  version: number;
  /** Epoch milliseconds. */
  createdAt: number;
  updatedAt: number;
}

export interface RelationEnds {
  type: string;
  fromId: string;
  toId: string;
}

export function identify({ type, fromId, toId }: RelationEnds): string {
  return `${fromId} ${type} ${toId}`;
}

/** The relation as it is to be written, or undefined when it is there already. */
export function relate(
  before: RelationState | undefined,
  ends: RelationEnds & { id: string; source: string },
  now: number,
): RelationState | undefined {
  if (!before) {
    const { id, type, fromId, toId, source } = ends;
    return { id, type, fromId, toId, source, state: 'active', version: 1, createdAt: now, updatedAt: now };
  }
  if (before.state === 'active') return undefined;
  return {
    ...before,
    source: ends.source,
    state: 'active',
    unauthorised: false,
    version: before.version + 1,
    updatedAt: Math.max(now, before.updatedAt),
  };
}

/** The relation as it is to be written, or undefined when it is removed already. */
export function unrelate(before: RelationState, now: number): RelationState | undefined {
  if (before.state === 'removed') return undefined;
  return { ...before, state: 'removed', unauthorised: false, version: before.version + 1, updatedAt: Math.max(now, before.updatedAt) };
}

/** The next version of a relation that came, or ended, without an approved change, and of which somebody approves afterwards. */
export function authoriseRelation(before: RelationState, now: number): RelationState {
  return { ...before, unauthorised: false, version: before.version + 1, updatedAt: Math.max(now, before.updatedAt) };
}
