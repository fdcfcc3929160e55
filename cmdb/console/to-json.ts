import neo4j from 'neo4j-driver';

/** A value of Cypher as plain JSON: graph elements as objects, moments and durations as text, and what JSON has no number for as text too. */
export function toJson(value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(toJson);
  if (neo4j.isNode(value as object)) {
    const { labels, properties } = value as { labels: string[]; properties: object };
    return { labels, properties: toJson(properties) };
  }
  if (neo4j.isRelationship(value as object)) {
    const { type, properties } = value as { type: string; properties: object };
    return { type, properties: toJson(properties) };
  }
  if (neo4j.isPath(value as object)) return toJsonOfPath(value as Parameters<typeof toJsonOfPath>[0]);
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  if (neo4j.isInt(value) || Object.getPrototypeOf(value) !== Object.prototype) return String(value);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, toJson(each)]));
}

function toJsonOfPath({ start, segments }: { start: unknown; segments: readonly { relationship: unknown; end: unknown }[] }) {
  return {
    nodes: [start, ...segments.map(({ end }) => end)].map(toJson),
    relationships: segments.map(({ relationship }) => toJson(relationship)),
  };
}

/** Parameters as the driver takes them: JSON's whole numbers are integers, because Cypher takes nothing else for LIMIT. */
export function fromJson(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? neo4j.int(value) : value;
  if (Array.isArray(value)) return value.map(fromJson);
  if (value !== null && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, fromJson(each)]));
  return value;
}
