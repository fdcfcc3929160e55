import { type Metadata, type StatusObject, status } from '@grpc/grpc-js';
import { asBuffer } from './as-buffer.ts';
import { readDetail } from './grpc-metadata.ts';
import { connectForStream, type StreamRoute } from './grpc-stream.ts';
import { fromStatus } from './status.ts';

export interface Question extends StreamRoute {
  path: string;
  request: Uint8Array;
  metadata: Metadata;
}

/**
 * Asks for a stream on a connection of its own; leaving it cancels the call. Each message is read when it is asked for, by the channel's own call:
 * the Readable that grpc-js puts around it reads sixteen messages ahead of whoever is slow.
 */
export async function* readAnswers({ path, request, metadata, ...route }: Question): AsyncGenerator<Uint8Array, void> {
  const client = await connectForStream(route);
  const call = client.getChannel().createCall(path, route.deadline, undefined, null, undefined);
  const cancel = () => call.cancelWithStatus(status.CANCELLED, 'nobody reads any more');
  const come: { message?: Uint8Array; end?: StatusObject } = {};
  let wake: () => void = () => undefined;
  route.signal?.addEventListener('abort', cancel, { once: true });
  try {
    call.start(metadata, {
      onReceiveMetadata: () => undefined,
      onReceiveMessage(message: Uint8Array) {
        come.message = message;
        wake();
      },
      onReceiveStatus(end) {
        come.end = end;
        wake();
      },
    });
    call.sendMessageWithContext({}, asBuffer(request));
    call.halfClose();
    for (;;) {
      if (!come.end) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          call.startRead();
        });
      }
      const { message, end } = come;
      delete come.message;
      if (message) yield message;
      else if (end?.code === status.OK) return;
      else if (end) throw fromStatus({ code: end.code, message: end.details, ...readDetail(end.metadata) });
    }
  } finally {
    route.signal?.removeEventListener('abort', cancel);
    cancel();
    client.close();
  }
}
