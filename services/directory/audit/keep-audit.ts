import type { Subscription } from '../../../platform/bus/subscription.ts';
import type { Contract } from '../../../platform/contract/contract.ts';
import { insertEntries } from './audit-store.ts';
import { type AuditedEvent, writeEntry } from './entry-content.ts';

/** Keeps every event that says in its contract how it stands in the audit log; no service is known here. */
export function keepAudit({ events }: Pick<Contract, 'events'>): Subscription {
  const declared = new Map(events.flatMap(({ audit, ...event }): [string, AuditedEvent][] => (audit ? [[event.type, { ...event, audit }]] : [])));
  return {
    name: 'keep-audit',
    types: [...declared.keys()],
    async handle(heard) {
      const entries = heard.flatMap((event) => {
        const known = declared.get(event.type);
        return known ? [writeEntry(known, event)] : [];
      });
      return entries.length > 0 ? { statements: [insertEntries(entries)] } : {};
    },
  };
}
