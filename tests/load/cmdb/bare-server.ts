import { createServer } from 'node:http';
import pg from 'pg';

/** The least that a server could do for an upsert: it takes a body over HTTP and writes it by one INSERT. Prints its port when it listens. */
const pool = new pg.Pool({ ...JSON.parse(process.env['BARE_CONNECTION'] ?? '{}'), max: 8 });
await pool.query('create table if not exists public.bare (id bigint primary key generated always as identity, body jsonb not null)');

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    pool
      .query({ name: 'bare', text: 'insert into public.bare (body) values ($1::jsonb) returning id', values: [Buffer.concat(chunks).toString()] })
      .then(
        ({ rows }) => response.setHeader('content-type', 'application/json').end(JSON.stringify(rows[0])),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(typeof address === 'object' ? address?.port : address);
});
