/** Where an entry stands on a timeline: by its moment, then by three things that tell apart what happened at once. */
export interface Place {
  /** Epoch milliseconds. */
  at: number;
  /** `item`, `relation`, or the full name of an event. */
  type: string;
  /** Of the item, the relation or the event: a UUID. */
  id: string;
  /** The version of the item or relation; of an event 0. */
  version: number;
}

/** Above zero when `one` stands before `other`, as the newer of them; zero when they are one. As PostgreSQL compares (at, type collate "C", id, version). */
export function comparePlaces(one: Place, other: Place): number {
  return one.at - other.at || compareTexts(one.type, other.type) || compareTexts(one.id, other.id) || one.version - other.version;
}

/** The newest of several lists, each place once, newest first; at most `limit` of them. */
export function mergeNewest<Entry extends Place>(lists: readonly (readonly Entry[])[], limit: number): Entry[] {
  const sorted = lists.flat().sort((one, other) => comparePlaces(other, one));
  return sorted.filter((entry, index) => index === 0 || comparePlaces(entry, sorted[index - 1] as Entry) !== 0).slice(0, limit);
}

function compareTexts(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
