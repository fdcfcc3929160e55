import { setTimeout as wait } from 'node:timers/promises';
import { type Comparing, type Difference, findDifferences, keyOf, type Page, readPage, type Side, weighPage } from './compare-page.ts';
import { addHashes } from './facts.ts';
import { repairGraph } from './repair-graph.ts';

export interface Digest {
  items: number;
  /** Those that are there now. */
  relations: number;
  hash: string;
}

export interface Verification {
  equal: boolean;
  records: Digest;
  projection: Digest;
  /** The first of those that differ. */
  differences: Difference[];
  /** How many differ. */
  different: number;
  /** How many did and were written again. */
  repaired: number;
  /** The id after which the comparison goes on; undefined when all was compared. */
  next?: string;
}

export interface Verifying extends Comparing {
  /** Only what comes after this id. */
  after?: string;
  /** Epoch milliseconds after which no further page is begun. */
  until?: number;
  /** Most pages. */
  pages?: number;
  /** Whether what differs is written again. */
  repair?: boolean;
  pageSize?: number;
}

const mostTold = 100;
/** Milliseconds in which a change that was on its way has arrived: only what differs still is told. */
const onTheWay = 500;

/** Compares all that both hold, page by page: items, relations, the ways that failure travels, and what ended. Changes that are on their way longer make a difference. */
export async function verifyGraph({ after = '', until, pages, repair = false, pageSize = 2_000, ...comparing }: Verifying): Promise<Verification> {
  let records = nothing;
  let projection = nothing;
  const differences: Difference[] = [];
  let different = 0;
  let repaired = 0;
  let coming = readPage(comparing, after, pageSize);
  for (let start = after, count = 1; ; count++) {
    const read = await coming;
    const isEnough = count === pages || (until !== undefined && Date.now() > until);
    const readOn = (next: string | undefined) => {
      if (next === undefined || isEnough) return;
      coming = readPage(comparing, next, pageSize);
      coming.catch(() => undefined); // it is told when it is waited for
    };
    readOn(read.next); // both engines do, while this page is compared
    let page = weighPage(read);
    let found = findDifferences(page);
    const readAnew = async () => weighPage(await readPage(comparing, start, pageSize));
    if (found.length > 0) {
      await wait(onTheWay);
      ({ page, found } = await readAgain(readAnew, found));
    }
    if (found.length > 0 && repair) {
      await repairGraph(comparing, found);
      differences.push(...found.slice(0, mostTold - differences.length));
      const before = found.length;
      ({ page, found } = await readAgain(readAnew, found));
      repaired += before - found.length;
    } else differences.push(...found.slice(0, mostTold - differences.length));
    different += found.length;
    records = add(records, page.records);
    projection = add(projection, page.projection);
    const { next } = page;
    if (next === undefined || isEnough)
      return { equal: records.hash === projection.hash, records, projection, differences, different, repaired, ...(next !== undefined && { next }) };
    if (next !== read.next) readOn(next); // items have come onto the page meanwhile
    start = next;
  }
}

async function readAgain(read: () => Promise<Page>, before: readonly Difference[]): Promise<{ page: Page; found: Difference[] }> {
  const page = await read();
  const known = new Set(before.map(keyOf));
  return { page, found: findDifferences(page).filter((difference) => known.has(keyOf(difference))) };
}

const nothing: Digest = { items: 0, relations: 0, hash: '0' };

function add(digest: Digest, { items, relations, hash }: Side): Digest {
  return { items: digest.items + items, relations: digest.relations + relations, hash: addHashes(digest.hash, hash) };
}
