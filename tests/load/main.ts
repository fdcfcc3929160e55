import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { alerts } from './alerts.ts';
import type { Benchmark, Row, Size } from './benchmark.ts';
import { cmdb } from './cmdb.ts';
import { events } from './events.ts';
import { graphProjection } from './graph-projection.ts';
import { incidents } from './incidents.ts';
import { kafka } from './kafka.ts';
import { people } from './people.ts';
import { rights } from './rights.ts';
import { rpc } from './rpc.ts';
import { sla } from './sla.ts';
import { start } from './start.ts';
import { tickets } from './tickets.ts';
import { tokens } from './tokens.ts';

const benchmarks: readonly Benchmark[] = [start, tickets, alerts, incidents, events, kafka, rpc, tokens, sla, rights, cmdb, graphProjection, people];

const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, full: { type: 'boolean' }, items: { type: 'string' }, people: { type: 'string' } },
});
const size: Size = options.full ? { items: 1_000_000, people: 200_000 } : {};
if (options.items !== undefined) size.items = Number(options.items);
if (options.people !== undefined) size.people = Number(options.people);
const unknown = wanted.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name));
if (unknown.length > 0) {
  console.error(`There is no benchmark "${unknown.join(', ')}". Known: ${benchmarks.map(({ name }) => name).join(', ')}.`);
  process.exit(1);
}

const rows: Row[] = [];
for (const benchmark of benchmarks) {
  if (wanted.length > 0 && !wanted.includes(benchmark.name)) continue;
  const say = (text: string) => console.error(`${benchmark.name}: ${text}`);
  try {
    rows.push(...(await benchmark.run(say, size)));
  } catch (error) {
    say(`failed: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
    process.exitCode = 1;
  }
}
const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`;
console.log(options.json ? JSON.stringify({ machine, rows }, undefined, 2) : toTable(machine, rows));
process.exit();

function toTable(title: string, lines: readonly Row[]): string {
  const header = '| what | measured | floor in the same run | ratio | reach | reached |\n|---|---|---|---|---|---|';
  const body = lines.map(
    (row) =>
      `| ${row.what} | ${row.measured} | ${row.floor ?? '–'} | ${row.ratio?.toFixed(2) ?? '–'} | ${row.reach} | ${row.reached ? 'yes' : 'no'} |`,
  );
  return [title, '', header, ...body].join('\n');
}
