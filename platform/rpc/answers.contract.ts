import { setImmediate as nextTurn } from 'node:timers/promises';
import { newUuid } from '../clock/clock.ts';
import { untilStill } from '../contract/fixtures/turns.ts';
import { AppError, type ErrorKind, errorKinds } from '../errors/app-error.ts';
import { InternalFault } from '../errors/internal-fault.ts';
import { currentTraceId, inSpan } from '../telemetry/tracing.ts';
import type { CallOptions, Principal } from './call.ts';
import { makeLatch, NoteService } from './fixtures/note-service.ts';
import type { StreamBench } from './stream.contract.ts';

/** What every transport promises of streams of answers. */
export function answersContract(open: () => StreamBench): void {
  describe('that are given a stream', () => {
    let bench: StreamBench;
    beforeEach(() => {
      bench = open();
    });

    const ask = (author = '', milliseconds = 10_000, more: Partial<CallOptions> = {}) =>
      bench.notes.giveNotes({ author }, bench.within(milliseconds, more));
    /** Reads to the end, or to the error. */
    const readAll = async (answers: AsyncIterable<{ text: string }>) => {
      const seen: string[] = [];
      try {
        for await (const { text } of answers) seen.push(text);
        return { seen, error: undefined };
      } catch (error) {
        return { seen, error };
      }
    };
    /** Gives notes without end; `over` resolves when nobody wants any more. */
    const giveEndless = (text = 'x') => {
      const [over, end] = makeLatch<void>();
      const given = { count: 0 };
      bench.desk.giveBy(async function* () {
        try {
          for (;;) {
            given.count++;
            yield { text };
          }
        } finally {
          end();
        }
      });
      return { over, given };
    };

    it('get every answer in its order, and the end', async () => {
      const texts = ['Насос № 4', '', '🚱', ...Array.from({ length: 500 }, () => newUuid())];
      bench.desk.giveBy(async function* ({ author }) {
        for (const text of texts) yield { text: text + author };
      });
      expect(await readAll(ask('.'))).toEqual({ seen: texts.map((text) => `${text}.`), error: undefined });
      expect(await bench.metrics.registry.metrics()).toContain(
        'opora_rpc_stream_answers_total{service="opora.notes.v1.NoteService",method="GiveNotes"} 503',
      );
    });

    it('may get none', async () => {
      expect(await readAll(ask())).toEqual({ seen: [], error: undefined });
    });

    it('are not begun before the first answer is asked for', async () => {
      const { given } = giveEndless();
      ask();
      for (let turns = 0; turns < 50; turns++) await nextTurn();
      expect(given.count).toBe(0);
    });

    it('belong to the trace of what caused them, with their principal and one moment, which only a service sets', async () => {
      const at = Date.parse('2024-02-29T12:00:00Z');
      bench.desk.giveBy(async function* (_, call) {
        yield { text: [currentTraceId(), call.principal.id, call.now].join() };
        await nextTurn();
        yield { text: [currentTraceId(), call.principal.id, call.now].join() };
      });
      const machine: Principal = { kind: 'service', id: 'sla', name: 'sla', permissions: ['*'] };
      const own = await inSpan('test', {}, async () => {
        const { seen } = await readAll(ask('', 5000, { principal: machine, at }));
        return { seen, traceId: currentTraceId() };
      });
      expect(own.seen).toEqual(Array.from({ length: 2 }, () => [own.traceId, 'sla', at].join()));
    });

    describe('and fail', () => {
      it.each([...errorKinds])('bring %s back with its message and violations, before an answer and after', async (kind: ErrorKind) => {
        for (const before of [[], ['a', 'b']]) {
          bench.desk.giveBy(async function* () {
            for (const text of before) yield { text };
            throw new AppError(kind, `нет: ${kind}`, { violations: [{ pointer: '/author', message: 'не то' }] });
          });
          const { seen, error } = await readAll(ask());
          expect(error).toMatchObject({ kind, message: `нет: ${kind}`, violations: [{ pointer: '/author', message: 'не то' }] });
          expect(before.slice(0, seen.length)).toEqual(seen);
        }
      });

      it('tell of a bug its trace id and nothing else, while the log has its cause', async () => {
        bench.desk.giveBy(async function* () {
          yield { text: 'a' };
          throw new TypeError('secret of the house');
        });
        const { error } = await readAll(ask());
        expect(error).toBeInstanceOf(InternalFault);
        expect(String(error)).not.toContain('secret of the house');
        expect(bench.lines.filter((line) => line.includes('secret of the house'))).toHaveLength(1);
      });

      it('say of 5 MiB that an answer is too much', async () => {
        const { over } = giveEndless('a'.repeat(5 * 1024 * 1024));
        expect((await readAll(ask())).error).toMatchObject({ kind: 'invalid_input', message: expect.stringContaining('4194304') });
        await over;
      });

      it('refuse a request that does not fit or is none, who may not, who did not sign in, and an idempotency key', async () => {
        const { given } = giveEndless();
        const reader: Principal = { kind: 'account', id: 'a-2', name: 'a', permissions: ['notes.read'] };
        const failure = async (answers: AsyncIterable<{ text: string }>) => (await readAll(answers)).error;
        expect(await failure(ask('x'.repeat(11)))).toMatchObject({ kind: 'invalid_input', violations: [{ pointer: '/author' }] });
        expect(await failure(ask('', 5000, { principal: reader }))).toMatchObject({ kind: 'not_allowed' });
        expect(await failure(ask('', 5000, { principal: { ...reader, id: 'nobody' } }))).toMatchObject({ kind: 'unauthenticated' });
        expect(await failure(ask('', 5000, { idempotencyKey: 'k' }))).toMatchObject({ kind: 'invalid_input' });
        const bytes = bench.pair.calling.invokeAnswers(NoteService.name, 'GiveNotes', Buffer.from([0x0f]), bench.within(5000));
        await expect(bytes.next()).rejects.toMatchObject({ kind: 'invalid_input' });
        expect(given.count).toBe(0);
      });

      it('say of a method that the other side does not know that it is not available there', async () => {
        const answers = bench.pair.calling.invokeAnswers(NoteService.name, 'Burn', new Uint8Array(), bench.within(2000));
        await expect(answers.next()).rejects.toMatchObject({ kind: 'unavailable' });
      });
    });

    describe('and are left before their end', () => {
      it('end who gives them, whose reader wants no more', async () => {
        for (let times = 0; times < 20; times++) {
          const { over } = giveEndless();
          for await (const { text } of ask()) if (text === 'x') break;
          await over;
        }
      });

      it('end who gives them, whose reader has an error of its own', async () => {
        const { over } = giveEndless();
        const reading = (async () => {
          for await (const _ of ask()) throw new RangeError('the disk is full');
        })();
        await expect(reading).rejects.toThrow('the disk is full');
        await over;
      });

      /** Gives one note, then waits for what does not come, unless its signal says that it need not. */
      const giveOneAndWait = () => {
        const [begun, begin] = makeLatch<void>();
        const [over, end] = makeLatch<unknown>();
        bench.desk.giveBy(async function* (_, { signal }) {
          try {
            yield { text: 'one' };
            begin();
            await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
          } catch (error) {
            end(error);
            throw error;
          }
        });
        return { begun, over };
      };

      it('end on both sides when the caller gives up', async () => {
        const { over } = giveOneAndWait();
        const controller = new AbortController();
        const answers = ask('', 10_000, { signal: controller.signal })[Symbol.asyncIterator]();
        expect(await answers.next()).toMatchObject({ value: { text: 'one' } });
        const waiting = expect(answers.next()).rejects.toMatchObject({ kind: 'unavailable' });
        await nextTurn();
        controller.abort();
        await waiting;
        expect(await over).toMatchObject({ kind: 'unavailable' });
      });

      it('end on both sides when the deadline passes, while one is waited for', async () => {
        const { over } = giveOneAndWait();
        const { error } = await readAll(ask('', 500));
        expect(error).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('deadline') });
        expect(await over).toMatchObject({ kind: 'unavailable' });
      });

      it('end on both sides when the deadline passes, while nobody takes any', async () => {
        const { over } = giveEndless('x'.repeat(200_000));
        const answers = ask('', 500)[Symbol.asyncIterator]();
        await answers.next();
        await over;
        const readOn = async () => {
          while (!(await answers.next()).done);
        };
        await expect(readOn()).rejects.toMatchObject({ kind: 'unavailable', message: expect.stringContaining('deadline') });
      });

      it('are ended while draining, and no others are given', async () => {
        const { begun, over } = giveOneAndWait();
        const reading = readAll(ask());
        await begun;
        const drained = bench.pair.serving.drain();
        expect((await readAll(ask())).error).toMatchObject({ kind: 'unavailable' });
        expect((await reading).error).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('stopping') });
        await over;
        await drained;
      });

      it('are ended while draining though nobody takes any', async () => {
        const { over } = giveEndless('x'.repeat(200_000));
        const answers = ask()[Symbol.asyncIterator]();
        await answers.next();
        await bench.pair.serving.drain();
        await over;
        await answers.return?.();
      });
    });

    describe('faster than they take it', () => {
      it('hold who gives it: it is never more than a few answers ahead, however long the stream', async () => {
        const [count, size] = [800, 64 * 1024];
        let [given, taken, furthest] = [0, 0, 0];
        bench.desk.giveBy(async function* () {
          for (; given < count; given++) yield { text: 'x'.repeat(size) };
        });
        for await (const { text } of ask('', 60_000)) {
          taken++;
          if (taken % 200 === 1) await untilStill(() => given);
          furthest = Math.max(furthest, given - taken);
          expect(text).toHaveLength(size);
        }
        expect(taken).toBe(count);
        expect(furthest).toBeLessThan(4);
      }, 60_000);

      it('hold up no other call', async () => {
        giveEndless('x'.repeat(1_000_000));
        const answers = ask()[Symbol.asyncIterator]();
        await answers.next();
        for (let times = 0; times < 20; times++)
          expect((await bench.notes.repeat({ letters: 100_000 }, bench.within(5000))).text).toHaveLength(100_000);
        await answers.return?.();
      });
    });
  });
}
