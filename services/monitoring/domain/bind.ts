/** How a source's alerts are bound to configuration items. */
export interface Binding {
  /** Labels that may name the item, best first. */
  itemLabels: readonly string[];
  withoutPort: boolean;
}

/** The first label that is there, and the name to look for. */
export function nameItem(labels: Readonly<Record<string, string>>, binding: Binding): { label: string; name: string } | undefined {
  const label = binding.itemLabels.find((each) => labels[each]);
  const value = label === undefined ? undefined : labels[label];
  if (label === undefined || value === undefined) return undefined;
  return { label, name: binding.withoutPort ? dropPort(value) : value };
}

/** `db-1:9100` → `db-1`, `[fe80::1]:9100` → `fe80::1`; a bare IPv6 address stays whole. */
function dropPort(value: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(value);
  if (bracketed?.[1] !== undefined) return bracketed[1];
  const parts = /^([^:]+):\d+$/.exec(value);
  return parts?.[1] ?? value;
}
