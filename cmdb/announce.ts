import { itemCreated, itemRetired, itemUpdated, relationCreated, relationRemoved } from '../generated/opora/cmdb/v1/events.ts';
import type { NewEvent } from '../platform/bus/event.ts';
import { toCanonicalText } from './domain/attributes.ts';
import type { RelationState } from './domain/relation.ts';
import { mask } from './rights/mask.ts';
import type { ItemChange } from './storage/item-store.ts';

/** Events go to everybody who may read items at all, and stay in logs: `sensitive` attributes are named in them, and never with their values. */
export function announceItem({ before, after, unauthorised = false, traceparent }: ItemChange, sensitive: ReadonlySet<string>): NewEvent {
  const { attributes, masked } = mask(after.attributes, sensitive);
  const data = {
    itemId: after.id,
    version: after.version,
    source: after.source,
    key: after.key,
    class: after.class,
    name: after.name,
    attributes: toCanonicalText(attributes),
    masked,
    lookups: [...after.lookups],
    state: after.state,
    validFrom: new Date(after.updatedAt).toISOString(),
  };
  const event = !before
    ? itemCreated(data)
    : after.state === 'retired' && before.state === 'active'
      ? itemRetired({ ...data, unauthorised })
      : itemUpdated({ ...data, unauthorised });
  return traceparent === undefined ? event : { ...event, traceparent };
}

export function announceRelation(relation: RelationState): NewEvent {
  const { id, version, type, fromId, toId, source, unauthorised = false, updatedAt } = relation;
  const data = { relationId: id, version, type, fromId, toId, source, validFrom: new Date(updatedAt).toISOString(), unauthorised };
  return relation.state === 'active' ? relationCreated(data) : relationRemoved(data);
}
