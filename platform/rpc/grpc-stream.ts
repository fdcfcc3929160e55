import type { Client, Metadata, ServiceError } from '@grpc/grpc-js';
import { asBuffer } from './as-buffer.ts';
import { readDetail } from './grpc-metadata.ts';
import { fromStatus } from './status.ts';
import { endMark, promiseEndMark } from './stream-end.ts';
import type { Reply } from './transport.ts';

export interface OutgoingStream {
  path: string;
  requests: AsyncIterable<Uint8Array>;
  metadata: Metadata;
  /** On the system's clock, epoch milliseconds. */
  deadline: number;
  signal?: AbortSignal | undefined;
}

/** Sends messages one after the other, each when the one before has left: gRPC's flow control reaches as far as who makes them. */
export function sendStream(client: Client, { path, requests, metadata, deadline, signal }: OutgoingStream): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const source = requests[Symbol.asyncIterator]();
    let isOver = false;
    let goOn: () => void = () => undefined;
    const finish = (error: ServiceError | null, body?: Uint8Array) => {
      isOver = true;
      goOn();
      // Not waited for: the answer may be here before a source that hangs goes on.
      source.return?.().catch(() => undefined);
      signal?.removeEventListener('abort', cancel);
      if (error) reject(fromStatus({ code: error.code, message: error.details, ...readDetail(error.metadata) }));
      else if (body) resolve({ body, replayed: false });
    };
    promiseEndMark(metadata);
    const sent = client.makeClientStreamRequest(path, asBuffer, asItIs, metadata, { deadline }, finish);
    const cancel = () => sent.cancel();
    signal?.addEventListener('abort', cancel, { once: true });

    const send = async () => {
      for (;;) {
        const { done, value } = await source.next();
        if (isOver) return;
        if (done) break;
        await new Promise<void>((settle) => {
          goOn = settle;
          sent.write(value, () => settle());
        });
      }
      sent.end(endMark);
    };
    send().catch((error: unknown) => {
      reject(error);
      if (!isOver) sent.cancel();
    });
  });
}

function asItIs(bytes: Buffer): Uint8Array {
  return bytes;
}
