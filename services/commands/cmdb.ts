import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { GraphDigest, GraphStatus, GraphVerification } from '../../generated/opora/cmdb/v1/cmdb.ts';
import { addUrlOption, type HubApi, openHub } from './hub-api.ts';

export function addCmdbCommands(program: Command): void {
  const cmdb = program.command('cmdb').description('Looks after the graph of configuration items (OPORA_TOKEN needs cmdb.manage)');

  addUrlOption(
    cmdb.command('rebuild-graph').description('Makes the graph again from the records, from nothing; the records answer meanwhile'),
  ).action(async ({ url }: { url: string }) => {
    const last = await rebuildGraph(openHub(url), (status) => console.log(describeStatus(status)));
    if (last.state !== 'fresh') process.exitCode = 1;
  });

  addUrlOption(
    cmdb.command('verify-graph').description('Compares the graph with the records by a hash over all of both; ends with 1 when they differ'),
  ).action(async ({ url }: { url: string }) => {
    const { equal, records, projection } = await openHub(url).send<GraphVerification>('POST', '/api/v1/cmdb/graph/verify', {});
    console.log(`records: ${describeDigest(records)}\ngraph:   ${describeDigest(projection)}`);
    console.log(equal ? 'The graph holds what the records say.' : 'They differ. If nothing is being changed now, run `opora cmdb rebuild-graph`.');
    if (!equal) process.exitCode = 1;
  });
}

/** Tells each state that it comes through, and gives the last: `fresh`, or `down`. */
async function rebuildGraph(api: HubApi, tell: (status: GraphStatus) => void): Promise<GraphStatus> {
  let status = await api.send<GraphStatus>('POST', '/api/v1/cmdb/graph/rebuild', {});
  tell(status);
  while (status.state === 'rebuilding' || status.state === 'behind') {
    await sleep(500);
    const next = await api.send<GraphStatus>('GET', '/api/v1/cmdb/graph/status');
    if (next.state !== status.state) tell(next);
    status = next;
  }
  return status;
}

const describeStatus = ({ engine, state, detail }: GraphStatus) => `${engine}: ${state}${detail === undefined ? '' : ` (${detail})`}`;

const describeDigest = (digest: GraphDigest | undefined) =>
  digest ? `${digest.items} items, ${digest.relations} relations, ${digest.hash}` : 'nothing';
