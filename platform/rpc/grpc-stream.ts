import { type ChannelCredentials, type ChannelOptions, Client, type Metadata, type ServiceError } from '@grpc/grpc-js';
import { AppError } from '../errors/app-error.ts';
import { asBuffer } from './as-buffer.ts';
import { channelOptions, patience } from './grpc-channel.ts';
import { readDetail } from './grpc-metadata.ts';
import { cancelled, fromStatus } from './status.ts';
import { endMark, promiseEndMark } from './stream-end.ts';
import type { Reply } from './transport.ts';

/** grpc-js keeps 1 MiB of each call to send it again, and says of what it keeps that it has left: a stream would run that far ahead of who takes it. */
const streamOptions: ChannelOptions = { ...channelOptions, 'grpc.enable_retries': 0, 'grpc.per_rpc_retry_buffer_size': 0 };

export interface OutgoingStream {
  address: string;
  credentials: ChannelCredentials;
  path: string;
  requests: AsyncIterable<Uint8Array>;
  metadata: Metadata;
  /** On the system's clock, epoch milliseconds. */
  deadline: number;
  signal?: AbortSignal | undefined;
}

/** Sends a stream on a connection of its own, which lives as long as the stream and holds up no call when it is full. */
export async function sendStream(stream: OutgoingStream): Promise<Reply> {
  const client = new Client(stream.address, stream.credentials, streamOptions);
  try {
    const until = Math.min(stream.deadline, Date.now() + patience);
    const failure = await new Promise<Error | undefined>((resolve) => client.waitForReady(until, resolve));
    if (failure) throw new AppError('unavailable', `${stream.address} does not answer`, { retryAfterSeconds: 2, cause: failure });
    if (stream.signal?.aborted) throw cancelled();
    return await sendMessages(client, stream);
  } finally {
    client.close();
  }
}

/** One message after the other, each when the one before has left: gRPC's flow control reaches as far as who makes them. */
function sendMessages(client: Client, { path, requests, metadata, deadline, signal }: OutgoingStream): Promise<Reply> {
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
