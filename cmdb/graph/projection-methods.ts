import type { CmdbService, GraphMemory, GraphReplica, GraphStatus, GraphVerification } from '../../generated/opora/cmdb/v1/cmdb.ts';
import type { ProjectionStatus } from './keep-projection.ts';
import type { GraphMemory as KeptMemory, MemoryStatus } from './memory/keep-memory.ts';
import { bestOf, findReplica, type Replica } from './replicas.ts';
import type { Verification } from './verify-graph.ts';

/** Milliseconds before the deadline at which a comparison stops, to be gone on with by the next call. */
const answering = 3_000;

/** The methods that look after the projections; there are none where the records answer. The graph in memory looks after itself, and is told of. */
export function projectionMethods(
  replicas: readonly Replica[],
  memory: Pick<KeptMemory, 'status'> | undefined,
): Pick<CmdbService, 'getGraphStatus' | 'rebuildGraph' | 'verifyGraph' | 'repairGraph'> {
  const tellStatus = (): GraphStatus => {
    const inMemory = toMemory(memory?.status());
    if (replicas.length === 0) return { engine: 'records', state: 'fresh', replicas: [], memory: inMemory };
    const statuses = replicas.map(({ keeper }) => keeper.status());
    return { engine: 'neo4j', ...bestOf(statuses), replicas: statuses.map(toReplica), memory: inMemory };
  };
  return {
    getGraphStatus: async () => tellStatus(),
    async rebuildGraph({ replica }, call) {
      findReplica(replicas, replica).keeper.rebuild();
      return call.commit({}, tellStatus());
    },
    verifyGraph: async ({ replica, after = '' }, call) => {
      const { keeper } = findReplica(replicas, replica);
      return toVerification(keeper.status().name, await keeper.verify({ after, until: call.deadline - answering }));
    },
    async repairGraph({ replica, after = '' }, call) {
      const { keeper } = findReplica(replicas, replica);
      const verification = await keeper.verify({ after, until: call.deadline - answering, repair: true });
      call.log.info({ by: call.principal.name, server: keeper.status().name, repaired: verification.repaired }, 'the graph projection was repaired');
      return call.commit({}, toVerification(keeper.status().name, verification));
    },
  };
}

function toVerification(replica: string, { differences, ...verification }: Verification): GraphVerification {
  return { ...verification, replica, differences: differences.map(({ kind, id, problem }) => ({ kind, problem, ...(id !== '' && { id }) })) };
}

function toReplica({ since, ...status }: ProjectionStatus): GraphReplica {
  return { ...status, since: new Date(since).toISOString() };
}

function toMemory(status: MemoryStatus = noMemory): GraphMemory {
  const { bytes, position, ...rest } = status;
  return { ...rest, megabytes: Math.ceil(bytes / 2 ** 20), position: String(position) };
}

const noMemory: MemoryStatus = { state: 'off', items: 0, relations: 0, bytes: 0, position: 0 };
