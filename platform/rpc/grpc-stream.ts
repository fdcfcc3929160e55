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

/** Where a stream goes, and how long it may last. */
export interface StreamRoute {
  address: string;
  credentials: ChannelCredentials;
  /** On the system's clock, epoch milliseconds. */
  deadline: number;
  signal?: AbortSignal | undefined;
}

export interface OutgoingStream extends StreamRoute {
  path: string;
  requests: AsyncIterable<Uint8Array>;
  metadata: Metadata;
}

/** A connection for one stream, which lives as long as the stream and holds up no call when it is full. It is closed by whoever has it. */
export async function connectForStream({ address, credentials, deadline, signal }: StreamRoute): Promise<Client> {
  const client = new Client(address, credentials, streamOptions);
  const until = Math.min(deadline, Date.now() + patience);
  const failure = await new Promise<Error | undefined>((resolve) => client.waitForReady(until, resolve));
  if (!failure && !signal?.aborted) return client;
  client.close();
  if (failure) throw new AppError('unavailable', `${address} does not answer`, { retryAfterSeconds: 2, cause: failure });
  throw cancelled();
}

export async function sendStream(stream: OutgoingStream): Promise<Reply> {
  const client = await connectForStream(stream);
  try {
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
