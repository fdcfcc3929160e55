import { type Statement, sql } from '../../platform/postgres/sql.ts';

const bitsOfChunk = 8_192;

/** Notes that a snapshot has named links: one bit each, so that a snapshot of 10 million records that changes nothing writes little more than a megabyte. */
export function markSeen(runId: string, kind: 'item' | 'relation', seqs: readonly number[]): Statement[] {
  if (seqs.length === 0) return [];
  const chunks = new Map<number, Buffer>();
  for (const seq of seqs) {
    const chunk = Math.floor(seq / bitsOfChunk);
    const bits = chunks.get(chunk) ?? Buffer.alloc(bitsOfChunk / 8);
    const place = seq % bitsOfChunk;
    bits[place >> 3] = (bits[place >> 3] ?? 0) | (0x80 >> (place & 7));
    chunks.set(chunk, bits);
  }
  return [
    sql`insert into run_seen as s (run_id, kind, chunk, bits)
      select ${runId}::uuid, ${kind}::text, chunk, ('x' || bits)::bit(8192)
      from unnest(${[...chunks.keys()]}::int[], ${[...chunks.values()].map((bits) => bits.toString('hex'))}::text[]) as n(chunk, bits) order by chunk
      on conflict (run_id, kind, chunk) do update set bits = s.bits | excluded.bits`,
  ];
}

/** Whether the run has not named the link `l`; false for links that came while it was under way. */
export function isUnseen(runId: string, kind: 'item' | 'relation', youngest: number): Statement {
  return sql`l.seq <= ${youngest}::bigint and not coalesce((select get_bit(b.bits, (l.seq % 8192)::int) = 1 from run_seen b
    where b.run_id = ${runId} and b.kind = ${kind} and b.chunk = (l.seq / 8192)::int), false)`;
}

export function forgetSeen(runId: string): Statement {
  return sql`delete from run_seen where run_id = ${runId}`;
}
