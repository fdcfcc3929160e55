import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { toClientConfig } from '../../../platform/postgres/connection.ts';
import { drive, milliseconds, perSecond, type Row, spreadOf, thousands } from '../benchmark.ts';
import { type BenchHub, sendOver } from '../hub.ts';
import { drawEnterprise } from './enterprise.ts';
import { tellCost, watchCost } from './watch.ts';

const lanes = 32;
const warmUp = 1_000;

/** Creates of single items that the hub has never heard of. */
export async function measureUpserts(hub: BenchHub, count: number): Promise<Row> {
  const vms = drawEnterprise(1_000_000);
  const first = 100_000; // a virtual machine
  const bodyOf = (index: number, kind: string) => {
    const item = vms.item(first + index);
    return JSON.stringify({
      items: [{ ...item, key: `${kind}-${index}`, attributes: { ...item.attributes, instanceUuid: undefined }, hosts: undefined }],
    });
  };
  const upsert = async (index: number) => {
    const { status, body } = await hub.send('POST', '/api/v1/cmdb/sources/single/items', bodyOf(index, 'single'));
    if (status !== 200) throw new Error(`An upsert was answered with ${status}: ${body}`);
  };
  await drive(warmUp, lanes, upsert);
  let each: number[] = [];
  const spent = await watchCost(hub, async () => {
    each = (await drive(count, lanes, (index) => upsert(index + warmUp))).each;
    return count;
  });
  const { p50, p99 } = spreadOf(each);
  const rate = perSecond(count, spent.seconds);
  const bare = await insertBare(hub, count, (index) => bodyOf(index, 'bare'));
  return {
    what: `single upsert of a new item over REST, ${lanes} at once`,
    measured: `${thousands(rate)}/s, p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}; ${tellCost(spent)}`,
    floor: `a bare HTTP server and one INSERT of the body: ${thousands(bare)}/s`,
    ratio: rate / bare,
    reach: '≥ 1 000/s',
    reached: rate >= 1_000,
  };
}

async function insertBare({ postgres }: BenchHub, count: number, bodyOf: (index: number) => string): Promise<number> {
  const child = spawn(process.execPath, ['dist/tests/load/cmdb/bare-server.js'], {
    env: { ...process.env, BARE_CONNECTION: JSON.stringify(toClientConfig(postgres.connection, 'public')) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const url = `http://127.0.0.1:${port.toString().trim()}`;
  const insert = (index: number) => sendOver(agent, url, 'POST', '/', bodyOf(index));
  await drive(warmUp, lanes, insert);
  const { seconds } = await drive(count, lanes, insert);
  agent.destroy();
  child.kill();
  return perSecond(count, seconds);
}
