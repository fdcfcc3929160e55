import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import type { GraphDigest, GraphReplica, GraphStatus, GraphVerification } from '../../generated/opora/cmdb/v1/cmdb.ts';
import { addUrlOption, type HubApi, openHub } from './hub-api.ts';

interface Options {
  url: string;
  replica?: string;
  repair?: boolean;
}

export function addCmdbCommands(program: Command): void {
  const cmdb = program.command('cmdb').description('Looks after the graph of configuration items (OPORA_TOKEN needs cmdb.read and cmdb.manage)');
  const replica = () => new Option('--replica <name>', 'which projection, as `GET /api/v1/cmdb/graph/status` calls it; the first unless told');

  addUrlOption(
    cmdb
      .command('rebuild-graph')
      .description('Makes the graph again from the records, from nothing; other projections, or the records, answer meanwhile'),
  )
    .addOption(replica())
    .action(async (options: Options) => {
      const last = await rebuildGraph(openHub(options.url), options, (status) => console.log(describeReplica(status)));
      if (last.state !== 'fresh') process.exitCode = 1;
    });

  addUrlOption(cmdb.command('verify-graph').description('Compares the graph with the records, all of both; ends with 1 when they differ'))
    .addOption(replica())
    .option('--repair', 'writes again what differs')
    .action(async (options: Options) => {
      const found = await verifyGraph(openHub(options.url), options, (items) => console.log(`${items} items compared …`));
      console.log(describeVerification(found, options.repair === true));
      if (!found.equal) process.exitCode = 1;
    });
}

/** Tells each state that it comes through, and how far it is once a second; gives the last: `fresh`, or `down`. */
async function rebuildGraph(api: HubApi, { replica }: Options, tell: (status: GraphReplica) => void): Promise<GraphReplica> {
  let status = pickReplica(await api.send<GraphStatus>('POST', '/api/v1/cmdb/graph/rebuild', { replica }), replica);
  tell(status);
  while (status.state === 'rebuilding' || status.state === 'behind') {
    await sleep(1_000);
    const next = pickReplica(await api.send<GraphStatus>('GET', '/api/v1/cmdb/graph/status'), replica);
    if (describeReplica(next) !== describeReplica(status)) tell(next);
    status = next;
  }
  return status;
}

function pickReplica({ replicas = [] }: Partial<GraphStatus>, name: string | undefined): GraphReplica {
  const found = replicas.find((replica) => name === undefined || replica.name === name);
  if (!found) throw new Error('The hub does not tell of its projections: it may be an older one.');
  return found;
}

/** Part by part, as much as a call may take; gives all parts as one. */
async function verifyGraph(api: HubApi, { replica, repair }: Options, tell: (items: number) => void): Promise<GraphVerification> {
  const path = `/api/v1/cmdb/graph/${repair ? 'repair' : 'verify'}`;
  let whole = await api.send<GraphVerification>('POST', path, { replica });
  while (whole.next !== undefined) {
    tell(whole.records?.items ?? 0);
    const part = await api.send<GraphVerification>('POST', path, { replica, after: whole.next });
    const { next: _, ...before } = whole;
    whole = {
      ...before,
      equal: before.equal && part.equal,
      records: addDigests(before.records, part.records),
      projection: addDigests(before.projection, part.projection),
      differences: [...(before.differences ?? []), ...(part.differences ?? [])].slice(0, 100),
      different: before.different + part.different,
      repaired: before.repaired + part.repaired,
      ...(part.next !== undefined && { next: part.next }),
    };
  }
  return whole;
}

function addDigests(one: GraphDigest | undefined, other: GraphDigest | undefined): GraphDigest {
  const hash = (BigInt(`0x${one?.hash ?? 0}`) + BigInt(`0x${other?.hash ?? 0}`)) & ((1n << 128n) - 1n);
  return {
    items: (one?.items ?? 0) + (other?.items ?? 0),
    relations: (one?.relations ?? 0) + (other?.relations ?? 0),
    hash: hash.toString(16).padStart(32, '0'),
  };
}

function describeVerification({ equal, records, projection, differences = [], different, repaired }: GraphVerification, repair: boolean): string {
  const told = differences.map(({ kind, id = 'without an id', problem }) => `  ${kind} ${id}: ${problem}`);
  const more = different + repaired - told.length;
  return [
    `records: ${describeDigest(records)}`,
    `graph:   ${describeDigest(projection)}`,
    ...told,
    ...(more > 0 && told.length > 0 ? [`  and ${more} more`] : []),
    ...(repaired > 0 ? [`${repaired} written again.`] : []),
    equal
      ? 'The graph holds what the records say.'
      : `They differ. If nothing is being changed now, run \`opora cmdb ${repair ? 'rebuild-graph' : 'verify-graph --repair'}\`.`,
  ].join('\n');
}

const describeReplica = ({ name, state, detail, secondsBehind, eventsBehind }: GraphReplica) =>
  `${name}: ${state}${detail === undefined ? '' : ` (${detail})`}${secondsBehind === undefined ? '' : `, ${secondsBehind} s and ${eventsBehind ?? 0} events`}`;

const describeDigest = (digest: GraphDigest | undefined) =>
  digest ? `${digest.items} items, ${digest.relations} relations, ${digest.hash}` : 'nothing';
