import { type Attributes, context, isSpanContextValid, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  NodeTracerProvider,
  ParentBasedSampler,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-node';

export interface TracingOptions {
  /** What the spans' resource is called: `opora`, or the service when it has its own process. */
  serviceName: string;
  /** Spans are sent (OTLP over HTTP, as the OTEL_EXPORTER_OTLP_… variables say) only when true. */
  exported: boolean;
  /** Further receivers of spans; with one, spans are recorded even when nothing is exported. */
  processors?: readonly SpanProcessor[];
}

/** Gives the process its trace ids, which go through every await; once a process, before anything else. */
export async function startTracing({ serviceName, exported, processors = [] }: TracingOptions): Promise<{ stop(): Promise<void> }> {
  const receivers = [...processors, ...(exported ? [await exportSpans()] : [])];
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName }),
    sampler: receivers.length > 0 ? new ParentBasedSampler({ root: new AlwaysOnSampler() }) : new AlwaysOffSampler(),
    spanProcessors: receivers,
  });
  provider.register();
  return { stop: () => provider.shutdown() };
}

/** Runs `run` in a span of its own, a child of the active one. A failure marks the span and goes on. */
export function inSpan<Result>(
  name: string,
  attributes: Attributes,
  run: (span: Span) => Result | Promise<Result>,
  kind: SpanKind = SpanKind.INTERNAL,
): Promise<Result> {
  return tracer.startActiveSpan(name, { attributes, kind }, async (span) => {
    try {
      return await run(span);
    } catch (error) {
      if (span.isRecording()) markFailed(span, error);
      throw error;
    } finally {
      span.end();
    }
  });
}

/** The W3C trace context of the active span, to be sent with whatever it causes. */
export function currentTraceparent(): string | undefined {
  const span = activeSpanContext();
  return span && `00-${span.traceId}-${span.spanId}-0${span.traceFlags & 1}`;
}

export function currentTraceId(): string | undefined {
  return activeSpanContext()?.traceId;
}

/** Runs `run` as a part of the trace that came from elsewhere; undefined or malformed: as it is. */
export function withTraceparent<Result>(traceparent: string | undefined, run: () => Result): Result {
  if (traceparent === undefined) return run();
  return context.with(propagation.extract(context.active(), { traceparent }), run);
}

const tracer = trace.getTracer('opora');

function activeSpanContext() {
  const span = trace.getActiveSpan()?.spanContext();
  return span && isSpanContextValid(span) ? span : undefined;
}

async function exportSpans(): Promise<SpanProcessor> {
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  return new BatchSpanProcessor(new OTLPTraceExporter());
}

function markFailed(span: Span, error: unknown): void {
  const exception = error instanceof Error ? error : new Error(String(error));
  span.recordException(exception);
  span.setStatus({ code: SpanStatusCode.ERROR, message: exception.message });
}
