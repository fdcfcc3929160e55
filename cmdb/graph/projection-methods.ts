import type { CmdbService, GraphReplica, GraphStatus } from '../../generated/opora/cmdb/v1/cmdb.ts';
import type { ProjectionStatus } from './keep-projection.ts';
import { bestOf, findReplica, type Replica } from './replicas.ts';

/** The methods that look after the projections; there are none where the records answer. */
export function projectionMethods(replicas: readonly Replica[]): Pick<CmdbService, 'getGraphStatus' | 'rebuildGraph' | 'verifyGraph'> {
  const tellStatus = (): GraphStatus => {
    if (replicas.length === 0) return { engine: 'records', state: 'fresh', replicas: [] };
    const statuses = replicas.map(({ keeper }) => keeper.status());
    return { engine: 'neo4j', ...bestOf(statuses), replicas: statuses.map(toReplica) };
  };
  return {
    getGraphStatus: async () => tellStatus(),
    async rebuildGraph({ replica }, call) {
      findReplica(replicas, replica).keeper.rebuild();
      return call.commit({}, tellStatus());
    },
    verifyGraph: ({ replica }) => findReplica(replicas, replica).keeper.verify(),
  };
}

function toReplica({ since, ...status }: ProjectionStatus): GraphReplica {
  return { ...status, since: new Date(since).toISOString() };
}
