import type { Contract, EventContract, TimelineContract } from '../../platform/contract/contract.ts';
import { may, type Principal } from '../../platform/rpc/call.ts';

/** Events that say in the contract what they tell of items, by their type. */
export type DeclaredTypes = ReadonlyMap<string, EventContract & { timeline: TimelineContract }>;

export function listDeclared({ events }: Pick<Contract, 'events'>): DeclaredTypes {
  return new Map(events.flatMap(({ timeline, ...event }) => (timeline ? [[event.type, { ...event, timeline }] as const] : [])));
}

/** The types of these kinds (of all when none is named) that the reader may see, and those that they may not. */
export function partTypes(declared: DeclaredTypes, kinds: readonly string[], principal: Principal): { visible: string[]; hidden: string[] } {
  const wanted = [...declared.values()].filter(({ timeline }) => kinds.length === 0 || kinds.includes(timeline.kind));
  const isVisible = ({ permissions }: EventContract) => permissions.some((permission) => may(principal, permission));
  return {
    visible: wanted.filter(isVisible).map(({ type }) => type),
    hidden: wanted.filter((event) => !isVisible(event)).map(({ type }) => type),
  };
}
