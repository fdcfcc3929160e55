import { trace } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { currentTraceId, currentTraceparent, inSpan, startTracing, withTraceparent } from './tracing.ts';

describe('tracing', () => {
  const exporter = new InMemorySpanExporter();
  let tracing: { stop(): Promise<void> };

  beforeAll(async () => {
    tracing = await startTracing({ serviceName: 'test', exported: false, processors: [new SimpleSpanProcessor(exporter)] });
  });
  afterEach(() => exporter.reset());
  afterAll(() => tracing.stop());

  it('keeps a trace through awaits and nested spans, and gives each span its parent', async () => {
    const ids = await inSpan('outer', {}, async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return [currentTraceId(), await inSpan('inner', { 'rpc.method': 'Get' }, () => currentTraceId())];
    });
    expect(ids[0]).toBe(ids[1]);
    const [inner, outer] = exporter.getFinishedSpans();
    expect(inner).toMatchObject({ name: 'inner', attributes: { 'rpc.method': 'Get' }, parentSpanContext: { spanId: outer?.spanContext().spanId } });
  });

  it('goes on with a trace that came from elsewhere, and says so to the next', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await withTraceparent(traceparent, () =>
      inSpan('served', {}, (span) => {
        expect(currentTraceparent()).toBe(`00-0af7651916cd43dd8448eb211c80319c-${span.spanContext().spanId}-01`);
      }),
    );
    expect(exporter.getFinishedSpans()[0]?.parentSpanContext?.spanId).toBe('b7ad6b7169203331');
  });

  it('begins a trace of its own when what came is no trace', async () => {
    const id = await withTraceparent('00-nonsense', () => inSpan('served', {}, () => currentTraceId()));
    expect(id).toMatch(/^[0-9a-f]{32}$/);
  });

  it('marks the span that failed and hands the error on', async () => {
    await expect(inSpan('failing', {}, () => Promise.reject(new Error('no pump')))).rejects.toThrow('no pump');
    expect(exporter.getFinishedSpans()[0]).toMatchObject({ status: { code: 2, message: 'no pump' } });
  });

  it('has no trace where nothing began one', () => {
    expect(currentTraceparent()).toBeUndefined();
    expect(trace.getActiveSpan()).toBeUndefined();
  });
});
