import { once } from 'node:events';
import { request } from 'node:http';
import { type BenchHub, token } from '../hub.ts';

export interface Piece {
  text: string;
  records: number;
}

/** Sends pieces of NDJSON as one stream, as fast as the hub takes them; gives what it answers. Throws for anything but 200. */
export async function sendStream<Answer>(hub: BenchHub, path: string, pieces: Iterable<Piece>): Promise<Answer> {
  const sent = request(`${hub.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
  });
  const answered = new Promise<string>((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        if (response.statusCode === 200) resolve(body);
        else reject(new Error(`A stream was answered with ${response.statusCode}: ${body.slice(0, 2_000)}`));
      });
    });
  });
  answered.catch(() => sent.destroy());
  for (const { text } of pieces) {
    if (sent.destroyed) break;
    if (!sent.write(text)) await Promise.race([once(sent, 'drain'), answered]);
  }
  sent.end();
  return JSON.parse(await answered) as Answer;
}
