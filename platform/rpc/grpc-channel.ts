import { type ChannelCredentials, type ChannelOptions, Client, connectivityState, type Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import { AppError } from '../errors/app-error.ts';
import { asBuffer } from './as-buffer.ts';
import { isReplayed, readDetail } from './grpc-metadata.ts';
import { type OutgoingStream, sendStream } from './grpc-stream.ts';
import { longestMessage } from './message-size.ts';
import { cancelled, fromStatus } from './status.ts';
import type { Reply } from './transport.ts';

/** When a channel counts as stuck, which grpc-js does not get over by itself (grpc-node #2785). */
export interface Watchdog {
  connectingMilliseconds: number;
  missedDeadlines: number;
}

export const defaultWatchdog: Watchdog = { connectingMilliseconds: 10_000, missedDeadlines: 3 };

/** Milliseconds that a call waits for a connection: long enough for a restart, too short to pile calls up before a service that is down. */
const patience = 3_000;

const channelOptions: ChannelOptions = {
  // Without its own pool a channel that is built anew could get the stuck connection of the old one.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 2_000,
  'grpc.max_receive_message_length': longestMessage,
  'grpc.enable_channelz': 0,
  'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
};

/** grpc-js keeps 1 MiB of each call to send it again, and says of what it keeps that it has left: a stream would run that far ahead of who takes it. */
const streamOptions: ChannelOptions = { ...channelOptions, 'grpc.enable_retries': 0, 'grpc.per_rpc_retry_buffer_size': 0 };

export interface OutgoingCall {
  path: string;
  request: Uint8Array;
  metadata: Metadata;
  /** On the system's clock, epoch milliseconds. */
  deadline: number;
  signal?: AbortSignal | undefined;
}

/** The connections to one address, which are thrown away and made anew when they are stuck. */
export class GrpcChannel {
  private client: Client;
  private missed = 0;
  private connectingSince: number | undefined;
  private readonly watch: NodeJS.Timeout;
  private readonly address: string;
  private readonly credentials: ChannelCredentials;
  private readonly options: ChannelOptions;
  private readonly watchdog: Watchdog;
  private readonly log: Logger;

  constructor(options: { address: string; purpose: 'calls' | 'streams'; credentials: ChannelCredentials; watchdog: Watchdog; log: Logger }) {
    this.address = options.address;
    this.credentials = options.credentials;
    this.options = options.purpose === 'streams' ? streamOptions : channelOptions;
    this.watchdog = options.watchdog;
    this.log = options.log;
    this.client = new Client(this.address, this.credentials, this.options);
    this.watch = setInterval(() => this.watchConnecting(), Math.min(1_000, this.watchdog.connectingMilliseconds / 4)).unref();
  }

  async call(call: OutgoingCall): Promise<Reply> {
    const { client } = this;
    if (client.getChannel().getConnectivityState(true) === connectivityState.READY) return this.send(client, call);
    const ready = await this.findReady(Math.min(call.deadline, Date.now() + patience));
    if (call.signal?.aborted) throw cancelled();
    return await this.send(ready, call);
  }

  async stream(stream: OutgoingStream): Promise<Reply> {
    const ready = await this.findReady(Math.min(stream.deadline, Date.now() + patience));
    if (stream.signal?.aborted) throw cancelled();
    return await sendStream(ready, stream);
  }

  close(): void {
    clearInterval(this.watch);
    this.client.close();
  }

  private send(client: Client, call: OutgoingCall): Promise<Reply> {
    return new Promise((resolve, reject) => {
      let replayed = false;
      const finish = (error: ServiceError | null, body?: Uint8Array) => {
        call.signal?.removeEventListener('abort', cancel);
        this.countMissed(client, error);
        if (error) reject(fromStatus({ code: error.code, message: error.details, ...readDetail(error.metadata) }));
        else if (body) resolve({ body, replayed });
      };
      const sent = client.makeUnaryRequest(call.path, asBuffer, asItIs, call.request, call.metadata, { deadline: call.deadline }, finish);
      const cancel = () => sent.cancel();
      sent.on('metadata', (metadata: Metadata) => {
        replayed = isReplayed(metadata);
      });
      call.signal?.addEventListener('abort', cancel, { once: true });
    });
  }

  /** A connected client; AppError `unavailable` when there is none at `until`. */
  private async findReady(until: number): Promise<Client> {
    for (;;) {
      const client = this.client;
      if (client.getChannel().getConnectivityState(true) === connectivityState.READY) return client;
      const failure = await new Promise<Error | undefined>((resolve) => client.waitForReady(until, resolve));
      if (!failure) return client;
      if (client === this.client || Date.now() >= until) {
        throw new AppError('unavailable', `${this.address} does not answer`, { retryAfterSeconds: 2, cause: failure });
      }
    }
  }

  private countMissed(client: Client, error: ServiceError | null): void {
    if (client !== this.client) return;
    this.missed = error?.code === status.DEADLINE_EXCEEDED ? this.missed + 1 : 0;
    if (this.missed >= this.watchdog.missedDeadlines) this.rebuild(`${this.missed} deadlines in a row were missed`);
  }

  private watchConnecting(): void {
    if (this.client.getChannel().getConnectivityState(false) !== connectivityState.CONNECTING) {
      this.connectingSince = undefined;
      return;
    }
    this.connectingSince ??= Date.now();
    if (Date.now() - this.connectingSince >= this.watchdog.connectingMilliseconds) this.rebuild('it does not get connected');
  }

  /** Calls under way end on the old connection; those that wait for one go on with the new. */
  private rebuild(reason: string): void {
    this.log.warn({ address: this.address, reason }, 'a stuck gRPC channel is built anew');
    const stuck = this.client;
    this.client = new Client(this.address, this.credentials, this.options);
    this.missed = 0;
    this.connectingSince = undefined;
    stuck.close();
  }
}

function asItIs(bytes: Buffer): Uint8Array {
  return bytes;
}
