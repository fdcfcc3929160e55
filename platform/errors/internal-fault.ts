/** A bug on the other side of a call. What it was stands in that side's log under the trace id, and is told to nobody. */
export class InternalFault extends Error {
  readonly traceId: string | undefined;

  constructor(traceId: string | undefined, options: { cause?: unknown } = {}) {
    super(traceId === undefined ? 'Internal fault' : `Internal fault, see trace ${traceId} in the log`, options);
    this.name = 'InternalFault';
    this.traceId = traceId;
  }
}
