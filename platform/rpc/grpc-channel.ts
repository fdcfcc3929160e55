import { type ChannelCredentials, type ChannelOptions, Client, connectivityState, type Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import { AppError } from '../errors/app-error.ts';
import { asBuffer } from './as-buffer.ts';
import { isReplayed, readDetail } from './grpc-metadata.ts';
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
export const patience = 3_000;

/** Milliseconds after which a channel is made anew, so that calls spread over new processes of the services behind one name. */
export const defaultChannelAge = 600_000;

/** Milliseconds in which the calls under way on an old connection end. */
const oldConnectionGrace = 30_000;

export const channelOptions: ChannelOptions = {
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
  private readonly old = new Set<Client>();
  private readonly watch: NodeJS.Timeout;
  private readonly ageing: NodeJS.Timeout;
  private readonly address: string;
  private readonly credentials: ChannelCredentials;
  private readonly watchdog: Watchdog;
  private readonly log: Logger;

  constructor(options: { address: string; credentials: ChannelCredentials; watchdog: Watchdog; channelAge: number; log: Logger }) {
    this.address = options.address;
    this.credentials = options.credentials;
    this.watchdog = options.watchdog;
    this.log = options.log;
    this.client = new Client(this.address, this.credentials, channelOptions);
    this.ageing = setInterval(() => this.renew(), options.channelAge * (0.9 + Math.random() / 5)).unref();
    this.watch = setInterval(() => this.watchConnecting(), Math.min(1_000, this.watchdog.connectingMilliseconds / 4)).unref();
  }

  async call(call: OutgoingCall): Promise<Reply> {
    const { client } = this;
    if (client.getChannel().getConnectivityState(true) === connectivityState.READY) return this.send(client, call);
    const ready = await this.findReady(Math.min(call.deadline, Date.now() + patience));
    if (call.signal?.aborted) throw cancelled();
    return await this.send(ready, call);
  }

  close(): void {
    clearInterval(this.watch);
    clearInterval(this.ageing);
    for (const client of [...this.old, this.client]) client.close();
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

  /** Goes over to a new connection once there is one. Not left to the server: what it tells to go away, Node drops at the next ping, with the calls on it. */
  private renew(): void {
    const old = this.client;
    const next = new Client(this.address, this.credentials, channelOptions);
    this.old.add(next);
    next.waitForReady(Date.now() + patience, (failure) => {
      const isWanted = !failure && old === this.client;
      if (isWanted) this.client = next;
      this.old.delete(next);
      this.retire(isWanted ? old : next);
    });
  }

  private retire(client: Client): void {
    this.old.add(client);
    setTimeout(() => {
      this.old.delete(client);
      client.close();
    }, oldConnectionGrace).unref();
  }

  /** Calls under way end on the old connection; those that wait for one go on with the new. */
  private rebuild(reason: string): void {
    this.log.warn({ address: this.address, reason }, 'a stuck gRPC channel is built anew');
    const stuck = this.client;
    this.client = new Client(this.address, this.credentials, channelOptions);
    this.missed = 0;
    this.connectingSince = undefined;
    stuck.close();
  }
}

function asItIs(bytes: Buffer): Uint8Array {
  return bytes;
}
