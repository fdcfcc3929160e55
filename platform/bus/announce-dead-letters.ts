import type { Producer } from 'kafkajs';
import type { Client } from 'pg';
import { toMessage } from './cloud-event.ts';

interface AnnouncedLetter {
  letter: string;
  id: string;
  subscription: string;
  source: string;
  type: string;
  key: string;
  time: Date;
  data: string;
  traceparent: string | null;
  reason: string;
  tries: number;
  failedAt: number;
}

/** Clocks of replicas differ, and commits overlap: letters may turn up this much behind the newest one. */
const overlap = 60_000;
const batch = 100;

/**
 * Tells a topic which events a service could not handle, for those who watch it from outside; at least once. The row in `dead_letter` is the record, and what a
 * person fixes and replays.
 */
export function announceDeadLetters({ client, producer, topic }: { client: Client; producer: Producer; topic: string }): () => Promise<void> {
  const recent = new Map<string, number>();
  let position: number | undefined;

  return async () => {
    position ??= await openPosition(client);
    for (;;) {
      const { rows } = await client.query<AnnouncedLetter>(
        `select id as letter, event_id as id, subscription, source, type, key, time, data::text as data, traceparent, reason, tries, (extract(epoch from failed_at) * 1000)::float8 as "failedAt"
         from dead_letter where failed_at > to_timestamp($1::float8 / 1000) and status = 'waiting' and id <> all($2::uuid[]) order by failed_at, id limit ${batch}`,
        [position - overlap, [...recent.keys()]],
      );
      if (rows.length === 0) return;
      await producer.sendBatch({ acks: -1, topicMessages: [{ topic, messages: rows.map(toAnnouncement) }] });
      for (const { letter, failedAt } of rows) {
        recent.set(letter, failedAt);
        position = Math.max(position, failedAt);
      }
      await client.query(`update relay_position set pos = $1 where name = 'dead letters'`, [Math.floor(position)]);
      for (const [letter, failedAt] of recent) if (failedAt < position - overlap) recent.delete(letter);
    }
  };
}

function toAnnouncement({ letter, subscription, reason, tries, time, ...event }: AnnouncedLetter) {
  const message = toMessage({ ...event, time: time.toISOString() });
  const headers = {
    ...message.headers,
    opora_dead_letter: letter,
    opora_subscription: subscription,
    opora_reason: reason,
    opora_tries: String(tries),
  };
  return { ...message, headers };
}

async function openPosition(client: Client): Promise<number> {
  await client.query(`insert into relay_position (name, pos) values ('dead letters', 0) on conflict do nothing`);
  const { rows } = await client.query<{ pos: number }>(`select pos::float8 as pos from relay_position where name = 'dead letters'`);
  return rows[0]?.pos ?? 0;
}
