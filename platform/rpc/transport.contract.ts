import { newUuid, systemClock } from '../clock/clock.ts';
import type { Contract } from '../contract/contract.ts';
import { AppError, type ErrorKind, errorKinds } from '../errors/app-error.ts';
import { InternalFault } from '../errors/internal-fault.ts';
import { createLogger } from '../log/logger.ts';
import { sql } from '../postgres/sql.ts';
import { openTestDatabase, type TestDatabase } from '../postgres/test-database.ts';
import { serve } from '../service/define-service.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics.ts';
import { currentTraceId, inSpan, startTracing } from '../telemetry/tracing.ts';
import { answersContract } from './answers.contract.ts';
import { bindStreams } from './bind-streams.ts';
import type { CallOptions, Client, Principal } from './call.ts';
import { createClient, createInvoke } from './client.ts';
import { type NoteDesk, NoteService, openNoteDesk } from './fixtures/note-service.ts';
import { loadNotesContract } from './fixtures/notes-contract.ts';
import { bindMethods } from './server.ts';
import { streamContract } from './stream.contract.ts';
import type { RpcTransport } from './transport.ts';

/** The side that serves and the side that calls; one and the same in a single process. */
export interface TransportPair {
  serving: RpcTransport;
  calling: RpcTransport;
}

/** What every transport promises, whatever carries its bytes. */
export function transportContract(name: string, openPair: (contract: Contract) => TransportPair): void {
  describe(`calls ${name}`, () => {
    const contract = loadNotesContract();
    const writer: Principal = { kind: 'account', id: 'a-1', name: 'Мария', permissions: ['notes.write'] };
    const machine: Principal = { kind: 'service', id: 'sla', name: 'sla', permissions: ['*'] };
    const within = (milliseconds: number, more: Partial<CallOptions> = {}): CallOptions => ({
      deadline: Date.now() + milliseconds,
      principal: writer,
      ...more,
    });
    let database: TestDatabase;
    let pair: TransportPair;
    let desk: NoteDesk;
    let notes: Client<NoteService>;
    let lines: string[];
    let metrics: Metrics;

    beforeAll(async () => {
      await startTracing({ serviceName: 'test', exported: false });
      database = await openTestDatabase({ name: 'notes', migrations: new URL('./fixtures/migrations/', import.meta.url) });
    });
    afterAll(() => database.close());

    beforeEach(async () => {
      lines = [];
      metrics = createMetrics();
      pair = openPair(contract);
      desk = openNoteDesk(database);
      const log = createLogger({
        stream: { write: (line) => lines.push(line) },
      });
      const serving = { contract, database, clock: systemClock, newId: newUuid, log, metrics, served: [serve(NoteService, desk.methods)] };
      const streams = bindStreams({ ...serving, streamIdle: 2_000 });
      for (const [service, methods] of Object.entries(bindMethods(serving))) await pair.serving.serve(service, methods, streams[service]);
      notes = createClient(NoteService, { contract, transport: pair.calling });
    });
    afterEach(async () => {
      await pair.calling.stop();
      await pair.serving.stop();
    });

    const countNotes = async (text: string) => {
      const [row] = await database.query<{ count: number }>(sql`select count(*)::int as count from note where text = ${text}`);
      return row?.count;
    };
    const invokeWrite = (text: string, idempotencyKey: string, principal = writer) =>
      createInvoke({ contract, transport: pair.calling })(
        contract.method(NoteService.name, 'WriteNote'),
        { text },
        within(5000, { idempotencyKey, principal }),
      );

    streamContract(() => ({ pair, desk, notes, lines, metrics, countNotes, within }));
    answersContract(() => ({ pair, desk, notes, lines, metrics, countNotes, within }));

    it('give the answer, with the words of any alphabet', async () => {
      const written = await notes.writeNote({ text: 'Насос № 4 стоит 🚱' }, within(5000));
      expect(written).toEqual({ id: expect.any(String), text: 'Насос № 4 стоит 🚱', author: 'Мария', version: 1 });
      expect(await notes.readNote({ id: written.id }, within(5000))).toEqual(written);
    });

    it('tell who asks, and count all as nobody who say nothing of it', async () => {
      expect(await notes.whoAmI({}, within(5000))).toMatchObject({ id: 'a-1', name: 'Мария' });
    });

    describe('that fail', () => {
      it.each([...errorKinds])('bring %s back with its message and violations', async (kind: ErrorKind) => {
        const error = await notes.stumble({ name: newUuid(), times: 99, kind }, within(5000)).catch((caught: unknown) => caught);
        expect(error).toBeInstanceOf(AppError);
        expect(error).toMatchObject({ kind, message: `stumbled: ${kind}, нет`, violations: [{ pointer: '/name', message: 'не то' }] });
      });

      it('tell of a bug its trace id and nothing else, while the log has its cause', async () => {
        const { error, traceId } = await inSpan('test', {}, async () => ({
          error: await notes.stumble({ name: newUuid(), times: 1, kind: 'bug' }, within(5000)).catch((caught: unknown) => caught),
          traceId: currentTraceId(),
        }));
        expect(error).toBeInstanceOf(InternalFault);
        expect(error).toMatchObject({ traceId });
        expect(String(error)).not.toContain('secret of the house');
        expect(lines.filter((line) => line.includes('secret of the house') && line.includes(String(traceId)))).toHaveLength(1);
      });

      it('are bugs when they commit twice: a call is one decision', async () => {
        await expect(notes.stumble({ name: newUuid(), times: 1, kind: 'twice' }, within(5000))).rejects.toBeInstanceOf(InternalFault);
        expect(lines.filter((line) => line.includes('committed twice'))).toHaveLength(1);
      });

      it('name every bad field at once', async () => {
        const error = await notes.changeNote({ id: '', expectedVersion: 1, text: 'a'.repeat(11) }, within(5000)).catch((caught: unknown) => caught);
        expect(error).toMatchObject({ kind: 'invalid_input' });
        expect((error as AppError).violations.map(({ pointer }) => pointer).sort()).toEqual(['/id', '/text']);
      });

      it('refuse who may not, and who did not sign in', async () => {
        const reader: Principal = { ...writer, id: 'a-2', permissions: ['notes.read'] };
        const nobody: Principal = { kind: 'account', id: 'nobody', name: 'nobody', permissions: [] };
        await expect(notes.writeNote({ text: 'x' }, within(5000, { principal: reader }))).rejects.toMatchObject({ kind: 'not_allowed' });
        await expect(notes.readNote({ id: 'x' }, within(5000, { principal: nobody }))).rejects.toMatchObject({ kind: 'unauthenticated' });
        expect(await notes.whoAmI({}, within(5000, { principal: nobody }))).toMatchObject({ id: 'nobody' });
      });

      it('open to rights on some objects only what looks at each object, however many those rights name', async () => {
        const { permissions: _, ...person } = writer;
        const grant = { permission: 'notes.write', where: { shelf: Array.from({ length: 2_500 }, (_, n) => `полка ${n}`) } };
        const some: Principal = { ...person, permissions: [], grants: [grant] };
        const note = await notes.writeNote({ text: 'x' }, within(5000));
        const change = { id: note.id, expectedVersion: 1, text: 'y' };
        expect(await notes.changeNote(change, within(5000, { principal: some }))).toMatchObject({ version: 2 });
        for (const refused of [
          notes.writeNote({ text: 'x' }, within(5000, { principal: some })),
          readAll(notes.giveNotes({ author: '' }, within(5000, { principal: some }))),
        ])
          await expect(refused).rejects.toMatchObject({ kind: 'not_allowed', message: expect.stringContaining('for all objects') });
        const other: Principal = { ...some, grants: [{ ...grant, permission: 'notes.read' }] };
        await expect(notes.changeNote(change, within(5000, { principal: other }))).rejects.toMatchObject({ kind: 'not_allowed' });
      });

      it('give an answer under a key again only to the same rights', async () => {
        const grants = (shelf: string) => ({ ...writer, permissions: [], grants: [{ permission: 'notes.write', where: { shelf: [shelf] } }] });
        const note = await notes.writeNote({ text: 'x' }, within(5000));
        const change = (principal: Principal) =>
          notes.changeNote({ id: note.id, expectedVersion: 1, text: 'y' }, within(5000, { principal, idempotencyKey: note.id }));
        const first = await change(grants('a'));
        expect(await change(grants('a'))).toEqual(first);
        for (const rights of [grants('b'), writer])
          await expect(change(rights)).rejects.toMatchObject({ message: expect.stringContaining('idempotency_key_reused') });
      });

      it('say of a method that the other side does not know that it is not available there', async () => {
        await expect(pair.calling.invoke(NoteService.name, 'Burn', new Uint8Array(), within(2000))).rejects.toMatchObject({ kind: 'unavailable' });
      });

      it('refuse bytes that are no request', async () => {
        const bytes = Buffer.from([0x0f]); // a wire type that there is not
        await expect(pair.calling.invoke(NoteService.name, 'WriteNote', bytes, within(2000))).rejects.toMatchObject({ kind: 'invalid_input' });
      });
    });

    describe('with a deadline', () => {
      it('end when it passes, on both sides', async () => {
        const name = newUuid();
        await expect(notes.wait({ name }, within(300))).rejects.toMatchObject({ kind: 'unavailable', message: expect.stringContaining('deadline') });
        await desk.aborted(name);
      });

      it('are not even sent when it has passed', async () => {
        await expect(notes.stumble({ name: 'late', times: 0, kind: 'conflict' }, within(-1))).rejects.toMatchObject({ kind: 'unavailable' });
        expect(desk.asked('late')).toBe(0);
      });

      it('end when the caller gives up, on both sides', async () => {
        const [name, controller] = [newUuid(), new AbortController()];
        const answer = expect(notes.wait({ name }, within(10_000, { signal: controller.signal }))).rejects.toMatchObject({ kind: 'unavailable' });
        await desk.begun(name);
        controller.abort();
        await answer;
        await desk.aborted(name);
      });
    });

    describe('that find the other side unavailable', () => {
      const unavailable = { times: 2, kind: 'unavailable' };

      it('are sent again when the contract says that they may', async () => {
        expect(await notes.stumbleSafely({ name: newUuid(), ...unavailable }, within(5000))).toEqual({ text: 'asked 3 times' });
      });

      it('are sent again when they have an idempotency key', async () => {
        expect(await notes.stumble({ name: newUuid(), ...unavailable }, within(5000, { idempotencyKey: newUuid() }))).toEqual({
          text: 'asked 3 times',
        });
      });

      it('are not sent again when a second effect could come of it', async () => {
        const name = newUuid();
        await expect(notes.stumble({ name, ...unavailable }, within(5000))).rejects.toMatchObject({ kind: 'unavailable' });
        expect(desk.asked(name)).toBe(1);
      });

      it('are sent again only for that reason', async () => {
        const name = newUuid();
        await expect(notes.stumbleSafely({ name, times: 2, kind: 'conflict' }, within(5000))).rejects.toMatchObject({ kind: 'conflict' });
        expect(desk.asked(name)).toBe(1);
      });

      it('give up before their deadline', async () => {
        const began = Date.now();
        const error = await notes
          .stumbleSafely({ name: newUuid(), times: 9999, kind: 'unavailable' }, within(400))
          .catch((caught: unknown) => caught);
        expect(error).toMatchObject({ kind: 'unavailable' });
        expect(Date.now() - began).toBeLessThan(600);
      });
    });

    describe('with an idempotency key', () => {
      it('have one effect and one answer, however often they are sent', async () => {
        const [text, key] = [newUuid(), newUuid()];
        const first = await invokeWrite(text, key);
        const second = await invokeWrite(text, key);
        expect(first.replayed).toBe(false);
        expect(second).toEqual({ answer: first.answer, replayed: true });
        expect(await countNotes(text)).toBe(1);
      });

      it('have one effect when they are sent all at once', async () => {
        const [text, key] = [newUuid(), newUuid()];
        const answers = await Promise.all(Array.from({ length: 20 }, () => invokeWrite(text, key)));
        expect(new Set(answers.map(({ answer }) => JSON.stringify(answer))).size).toBe(1);
        expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
        expect(await countNotes(text)).toBe(1);
      });

      it('give the first answer also when the same step is not possible any more', async () => {
        const { id } = await notes.writeNote({ text: 'before' }, within(5000));
        const options = within(5000, { idempotencyKey: newUuid() });
        const first = await notes.changeNote({ id, expectedVersion: 1, text: 'after' }, options);
        expect(await notes.changeNote({ id, expectedVersion: 1, text: 'after' }, options)).toEqual(first);
        await expect(notes.changeNote({ id, expectedVersion: 1, text: 'after' }, within(5000))).rejects.toMatchObject({ kind: 'conflict' });
      });

      it('are refused for another request under the same key', async () => {
        const key = newUuid();
        await invokeWrite(newUuid(), key);
        await expect(invokeWrite(newUuid(), key)).rejects.toMatchObject({
          kind: 'invalid_input',
          message: expect.stringContaining('idempotency_key_reused'),
        });
      });

      it('are told apart by who asks', async () => {
        const [text, key] = [newUuid(), newUuid()];
        await invokeWrite(text, key);
        expect((await invokeWrite(text, key, { ...writer, id: 'a-3' })).replayed).toBe(false);
        expect(await countNotes(text)).toBe(2);
      });
    });

    it('belong to the trace of what caused them', async () => {
      const [seen, own] = await inSpan('test', {}, async () => [(await notes.whoAmI({}, within(5000))).traceId, currentTraceId()]);
      expect(own).toMatch(/^[0-9a-f]{32}$/);
      expect(seen).toBe(own);
    });

    it('stand at another moment only for a service', async () => {
      const at = Date.parse('2024-02-29T12:00:00Z');
      expect((await notes.whoAmI({}, within(5000, { principal: machine, at }))).now).toBe('2024-02-29T12:00:00.000Z');
      expect(Date.parse((await notes.whoAmI({}, within(5000, { at }))).now)).toBeGreaterThan(at);
    });

    it('have no part in a transaction of their caller', async () => {
      const id = newUuid();
      await database.transaction(async () => {
        await database.commit({ statements: [sql`insert into note (id, text, author, written_at, version) values (${id}, 'x', 'x', now(), 1)`] });
        await expect(notes.readNote({ id }, within(5000))).rejects.toMatchObject({ kind: 'not_found' });
      }, Date.now() + 10_000);
      expect(await notes.readNote({ id }, within(5000))).toMatchObject({ id });
    });

    it('carry 3 MiB, and say clearly of 5 that it is too much, both ways', async () => {
      const [fits, tooMuch] = [3 * 1024 * 1024, 5 * 1024 * 1024];
      expect((await notes.repeat({ letters: fits }, within(10_000))).text).toHaveLength(fits);
      const refusal = { kind: 'invalid_input', message: expect.stringContaining('4194304') };
      await expect(notes.repeat({ letters: tooMuch }, within(10_000))).rejects.toMatchObject(refusal);
      await expect(notes.writeNote({ text: 'a'.repeat(tooMuch) }, within(10_000))).rejects.toMatchObject(refusal);
      expect((await notes.writeNote({ text: 'a'.repeat(fits) }, within(10_000))).text).toHaveLength(fits);
    });

    it('that are under way are answered while draining, and no others', async () => {
      const answer = notes.wait({ name: 'drain' }, within(10_000));
      await desk.begun('drain');
      let isDrained = false;
      const drained = pair.serving.drain().then(() => {
        isDrained = true;
      });
      await expect(notes.stumble({ name: 'drain', times: 0, kind: 'conflict' }, within(5000))).rejects.toMatchObject({ kind: 'unavailable' });
      expect(isDrained).toBe(false);
      desk.release('drain');
      expect(await answer).toEqual({ text: 'drain' });
      await drained;
    });
  });
}

async function readAll<Answer>(answers: AsyncIterable<Answer>): Promise<Answer[]> {
  const read: Answer[] = [];
  for await (const answer of answers) read.push(answer);
  return read;
}
