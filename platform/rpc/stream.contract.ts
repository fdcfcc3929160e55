import { setImmediate as nextTurn } from 'node:timers/promises';
import { newUuid } from '../clock/clock.ts';
import { untilStill } from '../contract/fixtures/turns.ts';
import { AppError, type ErrorKind, errorKinds } from '../errors/app-error.ts';
import { InternalFault } from '../errors/internal-fault.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { currentTraceId, inSpan } from '../telemetry/tracing.ts';
import type { CallOptions, Client, Principal } from './call.ts';
import { makeLatch, type NoteDesk, NoteService } from './fixtures/note-service.ts';
import type { TransportPair } from './transport.contract.ts';

/** What the suite of transports has ready for each test. */
export interface StreamBench {
  pair: TransportPair;
  desk: NoteDesk;
  notes: Client<NoteService>;
  lines: string[];
  metrics: Metrics;
  countNotes(text: string): Promise<number | undefined>;
  within(milliseconds: number, more?: Partial<CallOptions>): CallOptions;
}

interface Written {
  text: string;
}

/** What every transport promises of streams. */
export function streamContract(open: () => StreamBench): void {
  describe('that send a stream', () => {
    let bench: StreamBench;
    beforeEach(() => {
      bench = open();
    });

    const take = (requests: AsyncIterable<Written> | Iterable<Written>, milliseconds = 10_000, more: Partial<CallOptions> = {}) =>
      bench.notes.takeNotes(requests, bench.within(milliseconds, more));
    const caught = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);
    const textsOf = (count: number) => Array.from({ length: count }, () => newUuid());
    const each = (texts: readonly string[]) => texts.map((text) => ({ text }));

    it('bring every message in its order, and one answer', async () => {
      const seen: string[] = [];
      bench.desk.takeBy(async (requests) => {
        for await (const { text } of requests) seen.push(text);
        return { notes: seen.length };
      });
      const texts = ['Насос № 4', '', '🚱', ...textsOf(500)].map((text) => `${text}.`);
      expect(await take(each(texts))).toEqual({ notes: 503 });
      expect(seen).toEqual(texts);
      expect(await bench.metrics.registry.metrics()).toContain(
        'opora_rpc_stream_messages_total{service="opora.notes.v1.NoteService",method="TakeNotes"} 503',
      );
    });

    it('may be empty', async () => {
      expect(await take([])).toEqual({ notes: 0 });
    });

    it('decide many times: each decision commits by itself, once, at its own moment', async () => {
      const [texts, moments] = [textsOf(3), [] as number[]];
      bench.desk.takeBy(async (requests, call) => {
        for await (const { text } of requests) {
          const decision = call.beginDecision();
          moments.push(decision.now);
          expect(await bench.desk.methods.writeNote({ text }, decision)).toMatchObject({ text, author: 'Мария' });
          await expect(decision.commit({}, {})).rejects.toThrow('committed twice');
          while (Date.now() === decision.now) await nextTurn();
        }
        return { notes: moments.length };
      });
      expect(await take(each(texts))).toEqual({ notes: 3 });
      for (const text of texts) expect(await bench.countNotes(text)).toBe(1);
      expect(new Set(moments).size).toBe(3);
    });

    it('belong to the trace of what caused them, and decide at another moment only for a service', async () => {
      const at = Date.parse('2024-02-29T12:00:00Z');
      let seen: unknown;
      bench.desk.takeBy(async (_, call) => {
        seen = [currentTraceId(), call.beginDecision().now, call.principal.id];
        return { notes: 0 };
      });
      const machine: Principal = { kind: 'service', id: 'sla', name: 'sla', permissions: ['*'] };
      const own = await inSpan('test', {}, async () => {
        await take([], 5000, { principal: machine, at });
        return currentTraceId();
      });
      expect(seen).toEqual([own, at, 'sla']);
    });

    describe('and fail', () => {
      it.each([...errorKinds])('bring %s back with its message and violations', async (kind: ErrorKind) => {
        bench.desk.takeBy(async (requests) => {
          for await (const _ of requests) throw new AppError(kind, `нет: ${kind}`, { violations: [{ pointer: '/text', message: 'не то' }] });
          return { notes: 0 };
        });
        const error = await caught(take(each(textsOf(3))));
        expect(error).toMatchObject({ kind, message: `нет: ${kind}`, violations: [{ pointer: '/text', message: 'не то' }] });
      });

      it('tell of a bug its trace id and nothing else, while the log has its cause', async () => {
        bench.desk.takeBy(() => Promise.reject(new TypeError('secret of the house')));
        const error = await caught(take(each(textsOf(3))));
        expect(error).toBeInstanceOf(InternalFault);
        expect(String(error)).not.toContain('secret of the house');
        expect(bench.lines.filter((line) => line.includes('secret of the house'))).toHaveLength(1);
      });

      it('say which message does not fit and where, and what was committed before stays', async () => {
        const [first, second] = textsOf(2) as [string, string];
        const error = await caught(take(each([first, second, '', newUuid()])));
        expect(error).toMatchObject({ kind: 'invalid_input', message: expect.stringContaining('Message 3 of the stream does not fit') });
        expect(error).toMatchObject({ violations: [{ pointer: '/text' }] });
        expect(await bench.countNotes(first)).toBe(1);
        expect(await bench.countNotes(second)).toBe(1);
      });

      it('say of 5 MiB that a message is too much, and of bytes that they are none', async () => {
        const refusal = { kind: 'invalid_input', message: expect.stringContaining('4194304') };
        await expect(take(each(['a'.repeat(5 * 1024 * 1024)]))).rejects.toMatchObject(refusal);
        async function* bytes() {
          yield Buffer.from([0x0f]); // a wire type that there is not
        }
        const sent = bench.pair.calling.invokeStream(NoteService.name, 'TakeNotes', bytes(), bench.within(5000));
        await expect(sent).rejects.toMatchObject({ kind: 'invalid_input', message: expect.stringContaining('message 1 of the stream') });
      });

      it('refuse who may not, who did not sign in, and an idempotency key', async () => {
        const reader: Principal = { kind: 'account', id: 'a-2', name: 'a', permissions: ['notes.read'] };
        const nobody: Principal = { ...reader, id: 'nobody' };
        await expect(take(each(textsOf(1)), 5000, { principal: reader })).rejects.toMatchObject({ kind: 'not_allowed' });
        await expect(take(each(textsOf(1)), 5000, { principal: nobody })).rejects.toMatchObject({ kind: 'unauthenticated' });
        const error = await caught(take(each(textsOf(1)), 5000, { idempotencyKey: 'k' }));
        expect(error).toMatchObject({ kind: 'invalid_input', message: expect.stringContaining('Leave the key out') });
      });

      it('say of a stream that the other side does not know that it is not available there', async () => {
        async function* none() {}
        const sent = bench.pair.calling.invokeStream(NoteService.name, 'Burn', none(), bench.within(2000));
        await expect(sent).rejects.toMatchObject({ kind: 'unavailable' });
      });
    });

    describe('and do not come to its end', () => {
      /** Takes one message, then waits for more. `ended` is what the stream ended by: undefined is its own end. */
      function takeOne() {
        const [begun, begin] = makeLatch<void>();
        const [ended, end] = makeLatch<unknown>();
        const late = newUuid();
        bench.desk.takeBy(async (requests, call) => {
          let notes = 0;
          try {
            for await (const _ of requests) if (++notes === 1) begin();
            end(undefined);
          } catch (error) {
            end(error);
            await bench.desk.methods.writeNote({ text: late }, call.beginDecision());
            throw error;
          }
          return { notes };
        });
        return { begun, ended, late };
      }
      /** One message, and then nothing until `broken` settles. */
      async function* oneAndThen(broken: Promise<void>) {
        yield { text: 'one' };
        await broken;
      }
      const never = new Promise<void>(() => undefined);

      it('tell the sender its own error, and the taker that it is no end: it can commit nothing more', async () => {
        for (let times = 0; times < 20; times++) {
          const { begun, ended, late } = takeOne();
          const broken = begun.then(() => Promise.reject(new RangeError('no more pages')));
          const error = await caught(take(oneAndThen(broken)));
          expect(error).toBeInstanceOf(RangeError);
          expect(await ended).toMatchObject({ kind: 'unavailable' });
          expect(await bench.countNotes(late)).toBe(0);
        }
      });

      it('end on both sides when the caller gives up', async () => {
        const { begun, ended } = takeOne();
        const controller = new AbortController();
        const answer = expect(take(oneAndThen(never), 10_000, { signal: controller.signal })).rejects.toMatchObject({ kind: 'unavailable' });
        await begun;
        controller.abort();
        await answer;
        expect(await ended).toMatchObject({ kind: 'unavailable' });
      });

      it('end on both sides when the deadline passes', async () => {
        const { ended } = takeOne();
        await expect(take(oneAndThen(never), 500)).rejects.toMatchObject({ kind: 'unavailable', message: expect.stringContaining('deadline') });
        expect(await ended).toMatchObject({ kind: 'unavailable' });
      });

      it('end when no message comes for too long, and the taker may still say so in its records', async () => {
        const { ended, late } = takeOne();
        const error = await caught(take(oneAndThen(never)));
        expect(error).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('No message came for 2 s'), retryAfterSeconds: 1 });
        expect(await ended).toMatchObject({ kind: 'unavailable' });
        expect(await bench.countNotes(late)).toBe(1);
      });

      it('may be answered before, and then the sender is let go', async () => {
        const [letGo, onLetGo] = makeLatch<void>();
        bench.desk.takeBy(async (requests) => {
          for await (const _ of requests) return { notes: 1 };
          return { notes: 0 };
        });
        async function* endless() {
          try {
            for (;;) {
              yield { text: 'more' };
              await nextTurn();
            }
          } finally {
            onLetGo();
          }
        }
        expect(await take(endless())).toEqual({ notes: 1 });
        await letGo;
      });

      it('are ended with what is being decided done, while draining, and no others are taken', async () => {
        const text = newUuid();
        const [decided, decide] = makeLatch<void>();
        const [began, begin] = makeLatch<void>();
        bench.desk.takeBy(async (requests, call) => {
          for await (const _ of requests) {
            begin();
            await decided;
            await bench.desk.methods.writeNote({ text }, call.beginDecision());
          }
          return { notes: 1 };
        });
        const answer = caught(take(oneAndThen(never)));
        await began;
        const drained = bench.pair.serving.drain();
        await expect(take([])).rejects.toMatchObject({ kind: 'unavailable' });
        decide();
        expect(await answer).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('stopping') });
        await drained;
        expect(await bench.countNotes(text)).toBe(1);
      });
    });

    describe('faster than they are taken', () => {
      it('wait for the taker: only what is on the way is ahead of it, however long the stream', async () => {
        const count = 20_000;
        const text = 'x'.repeat(100);
        let [made, taken, furthest] = [0, 0, 0];
        bench.desk.takeBy(async (requests) => {
          for await (const _ of requests) {
            if (++taken % 5_000 === 1) await untilStill(() => made);
            furthest = Math.max(furthest, made - taken);
          }
          return { notes: taken };
        });
        function* make() {
          for (; made < count; made++) yield { text };
        }
        expect(await take(make(), 110_000)).toEqual({ notes: count });
        expect(furthest).toBeLessThan(2_000);
      }, 120_000);

      it('hold up no other call', async () => {
        const [full, becomeFull] = makeLatch<void>();
        const [goOn, letGo] = makeLatch<void>();
        bench.desk.takeBy(async (requests) => {
          let notes = 0;
          for await (const _ of requests) {
            if (notes++ === 0) becomeFull();
            await goOn;
          }
          return { notes };
        });
        const big = { text: 'x'.repeat(1_000_000) };
        const answer = take(Array.from({ length: 40 }, () => big));
        await full;
        for (let times = 0; times < 20; times++)
          expect((await bench.notes.repeat({ letters: 100_000 }, bench.within(5000))).text).toHaveLength(100_000);
        letGo();
        expect(await answer).toEqual({ notes: 40 });
      });
    });
  });
}
