import type { TimelineService } from '../../generated/opora/cmdb/v1/timeline.ts';
import type { Database } from '../../platform/postgres/database.ts';
import type { GraphMemory } from '../graph/memory/keep-memory.ts';
import type { CurrentModel } from '../model/models.ts';
import { rightsOf } from '../rights/rights.ts';
import type { DeclaredTypes } from './declared-types.ts';
import { readTimeline } from './read-timeline.ts';

export function timelineMethods({
  database,
  declared,
  model,
  memory,
}: {
  database: Database;
  declared: DeclaredTypes;
  model: CurrentModel;
  memory?: Pick<GraphMemory, 'fresh'> | undefined;
}): TimelineService {
  return {
    async getTimeline(request, call) {
      const current = await model();
      return readTimeline({ database, declared, memory, model: current, rights: rightsOf(call.principal, current) }, request, call);
    },
  };
}
