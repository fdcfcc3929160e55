import { type BenchHub, waitUntil } from '../hub.ts';
import { type Enterprise, tellEnterprise } from './enterprise.ts';
import { type Piece, sendStream } from './send-stream.ts';

/** Records of one stream of the snapshot: after each it is told how far it is. */
const recordsOfStream = 100_000;

interface Snapshot {
  id: string;
  status: string;
  received: number;
  counts: Readonly<Record<string, number>>;
}

export interface Loading {
  hub: BenchHub;
  enterprise: Enterprise;
  say(text: string): void;
  isStopped(): boolean;
}

/** Tells a whole snapshot, stream by stream; gives how many records it was. When it is stopped it is given up, and what was told counts. */
export async function tellSnapshot({ hub, enterprise, say, isStopped }: Loading): Promise<number> {
  const path = '/api/v1/cmdb/sources/bench/snapshots';
  const { id } = JSON.parse((await hub.send('POST', path, '{}')).body) as Snapshot;
  const pieces = tellEnterprise(enterprise);
  let told = 0;
  for (let next = pieces.next(); !next.done && !isStopped(); next = pieces.next()) {
    const began = performance.now();
    const before = told;
    const first = next.value;
    await sendStream(hub, `${path}/${id}/records`, takeSome(first));
    const seconds = (performance.now() - began) / 1000;
    say(
      `${told} of about ${enterprise.items + enterprise.relations} records, the last ${told - before} at ${Math.round((told - before) / seconds)}/s`,
    );
  }
  if (!isStopped()) await complete(hub, `${path}/${id}`, say);
  return told;

  function* takeSome(first: Piece): Generator<Piece, void> {
    const end = told + recordsOfStream;
    for (let piece: Piece | undefined = first; piece; ) {
      told += piece.records;
      yield piece;
      if (told >= end || isStopped()) return;
      const next = pieces.next();
      piece = next.done ? undefined : next.value;
    }
  }
}

async function complete(hub: BenchHub, path: string, say: (text: string) => void): Promise<void> {
  await hub.send('POST', `${path}/complete`, '{}');
  let run: Snapshot | undefined;
  await waitUntil(async () => {
    run = await hub.get<Snapshot>(path);
    return run.status !== 'completing';
  }, 600);
  say(`the snapshot is ${run?.status}: ${JSON.stringify(run?.counts)}`);
}
