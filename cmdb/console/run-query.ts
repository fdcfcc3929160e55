import neo4j, { type Driver, type Session } from 'neo4j-driver';
import { AppError } from '../../platform/errors/app-error.ts';
import { judgePlan } from '../domain/console/judge-plan.ts';
import { translateNeo4jError } from '../graph/projection.ts';
import { toJson } from './to-json.ts';

export interface ConsoleQuery {
  query: string;
  parameters: Readonly<Record<string, unknown>>;
  /** Rows. */
  limit: number;
  /** Milliseconds that Neo4j has. */
  timeout: number;
}

export interface Table {
  columns: string[];
  /** Each as JSON. */
  rows: string[];
  truncated: boolean;
}

const mostBytes = 2_000_000;
/** How much may have arrived of one row before the connection is cut: Neo4j sends a row to its end, whatever time it was given. */
const mostBuffered = 64_000_000;
const patience = 1_000;

/**
 * Runs a query that only reads. The driver is the query's own and is closed afterwards, because closing it is the only way to stop a row that does not end.
 * Throws AppError `invalid_input` for what is no Cypher, does more than read, or takes too much time or room.
 */
export async function runQuery(driver: Driver, asked: ConsoleQuery): Promise<Table> {
  const session = driver.session({ defaultAccessMode: 'READ', fetchSize: asked.limit + 1 });
  const guard = guardQuery(asked.timeout + patience);
  try {
    return await Promise.race([guard.broken, readTable(session, asked)]);
  } catch (error) {
    throw explain(error, asked.timeout);
  } finally {
    guard.release();
    await driver.close();
  }
}

async function readTable(session: Session, { query, parameters, limit, timeout }: ConsoleQuery): Promise<Table> {
  const { summary } = await session.run(`EXPLAIN\n${query}`, parameters, { timeout });
  const refusal = summary.plan ? judgePlan(summary.queryType, summary.plan) : 'it has no plan';
  if (refusal !== undefined) throw refuse(`It is refused because ${refusal}.`);

  const tx = await session.beginTransaction({ timeout });
  const result = tx.run(query, parameters);
  const columns = await result.keys();
  const rows: string[] = [];
  let bytes = 0;
  for await (const record of result) {
    const row = JSON.stringify(toJson(record.toObject()));
    bytes += Buffer.byteLength(row);
    if (rows.length === limit || bytes > mostBytes) return { columns, rows, truncated: true };
    rows.push(row);
  }
  return { columns, rows, truncated: false };
}

/** Rejects when the query goes on beyond its time, or when more arrives than one row may have. */
function guardQuery(milliseconds: number): { broken: Promise<never>; release(): void } {
  const before = process.memoryUsage().arrayBuffers;
  let timer: NodeJS.Timeout | undefined;
  let watch: NodeJS.Timeout | undefined;
  const broken = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(tooLong(milliseconds - patience)), milliseconds);
    watch = setInterval(() => {
      if (process.memoryUsage().arrayBuffers - before > mostBuffered) fail(refuse('One of its rows is too large to be sent.'));
    }, 50);
  });
  broken.catch(() => undefined); // it is told by whoever races with it
  return {
    broken,
    release() {
      clearTimeout(timer);
      clearInterval(watch);
    },
  };
}

function explain(error: unknown, timeout: number): unknown {
  if (!(error instanceof neo4j.Neo4jError)) return error;
  if (/TransactionTimedOut|Terminated/.test(error.code)) return tooLong(timeout);
  if (/OutOfMemory/.test(error.code)) return refuse('It needs more memory than a query may have: match less, or aggregate sooner.');
  if (error.code === 'Neo.ClientError.Statement.ParameterMissing') return refuse(firstLine(error), '/parameters');
  if (error.code.startsWith('Neo.ClientError.')) return refuse(firstLine(error));
  return translateNeo4jError(error);
}

const tooLong = (timeout: number) => refuse(`It took longer than ${timeout / 1000} s: match less, or begin at fewer items.`);

function refuse(message: string, pointer = '/query'): AppError {
  return new AppError('invalid_input', 'The query was not run to its end.', { violations: [{ pointer, message }] });
}

/** Without the excerpt of the query; the line that EXPLAIN stands on is not the reader's. */
function firstLine({ message }: Error): string {
  const [told = ''] = message.split('\n');
  const position = /\(line (\d+), column (\d+) \(offset: \d+\)\)/.exec(message);
  if (!position) return told;
  return `line ${Math.max(1, Number(position[1]) - 1)}, column ${position[2]}: ${told.replace(position[0], '').trim()}`;
}
