import { logVerbosity, Metadata, setLogVerbosity } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import { type Clock, systemClock } from '../clock/clock.ts';
import type { Contract } from '../contract/contract.ts';
import { AppError } from '../errors/app-error.ts';
import { currentTraceparent } from '../telemetry/tracing.ts';
import type { CallOptions, StreamOptions } from './call.ts';
import { readAnswers } from './grpc-answers.ts';
import { defaultChannelAge, defaultWatchdog, GrpcChannel, type Watchdog } from './grpc-channel.ts';
import { createHealth, healthList } from './grpc-health.ts';
import { writeOptions } from './grpc-metadata.ts';
import { GrpcServer } from './grpc-server.ts';
import { type StreamRoute, sendStream } from './grpc-stream.ts';
import { adaptProof, type MeshProof } from './mesh-proof.ts';
import { requireSize } from './message-size.ts';
import { cancelled, deadlineExceeded } from './status.ts';
import type { RpcTransport } from './transport.ts';

// What it would print comes to us as errors, and the process's output is for lines of the log.
setLogVerbosity(logVerbosity.NONE);

export interface GrpcOptions {
  contract: Contract;
  host: string;
  /** 0: any that is free. Nothing listens before the first `serve`. */
  port: number;
  /** The address (`host:port`) of a service by the name that its package has: `tickets` of `opora.tickets.v1.TicketService`. */
  findPeer(service: string): string;
  proof: MeshProof;
  log: Logger;
  clock?: Clock;
  watchdog?: Watchdog;
  /** Milliseconds; ten minutes unless told. */
  channelAge?: number;
}

export interface GrpcTransport extends RpcTransport {
  /** Where this side listens, once it serves. */
  port(): number | undefined;
  /** Tells by the health service whether a part of this process is ready, by its name: `tickets`, `kafka`. */
  tellHealth(part: string, ready: boolean): void;
  /** All that the process of a service (`tickets`) tells by its health service. Throws AppError `unavailable` when it does not answer in time. */
  askHealth(service: string, milliseconds: number): Promise<Record<string, boolean>>;
}

/** Calls between processes, by gRPC. */
export function createGrpcTransport({
  contract,
  host,
  port,
  findPeer,
  log,
  clock = systemClock,
  watchdog = defaultWatchdog,
  channelAge = defaultChannelAge,
  ...options
}: GrpcOptions): GrpcTransport {
  const proof = adaptProof(options.proof);
  const health = createHealth();
  const channels = new Map<string, GrpcChannel>();
  let server: GrpcServer | undefined;
  let listening: Promise<number> | undefined;
  let boundPort: number | undefined;
  let stopped = false;

  const addressOf = (service: string) => findPeer(service.split('.')[1] ?? service);
  const channelTo = (service: string): GrpcChannel => {
    const address = addressOf(service);
    let channel = channels.get(address);
    if (!channel) channels.set(address, (channel = new GrpcChannel({ address, credentials: proof.channel, watchdog, channelAge, log })));
    return channel;
  };
  const requireTime = ({ deadline, signal }: StreamOptions): number => {
    if (stopped) throw new AppError('unavailable', 'This process is stopping', { retryAfterSeconds: 2 });
    const left = deadline - clock.now();
    if (left <= 0) throw deadlineExceeded();
    if (signal?.aborted) throw cancelled();
    return left;
  };
  const routeTo = (service: string, call: StreamOptions): StreamRoute => {
    const left = requireTime(call);
    return { address: addressOf(call.host ?? service), credentials: proof.channel, deadline: Date.now() + left, signal: call.signal };
  };
  const describeCaller = (call: CallOptions): Metadata => {
    const metadata = writeOptions(call, currentTraceparent());
    proof.add(metadata);
    return metadata;
  };

  return {
    port: () => boundPort,
    tellHealth: health.set,
    async askHealth(service, milliseconds) {
      const { path, request, read } = healthList;
      const deadline = Date.now() + milliseconds;
      const { body } = await channelTo(service).call({ path, request, metadata: new Metadata(), deadline, isProbe: true });
      return read(body);
    },
    async serve(service, methods, streams = {}) {
      server ??= new GrpcServer({ contract, clock, proof, health });
      server.add(service, methods, streams);
      listening ??= server.listen(host, port);
      boundPort = await listening;
    },
    async invoke(service, method, request, call) {
      const left = requireTime(call);
      requireSize('request', request);
      return await channelTo(call.host ?? service).call({
        path: `/${service}/${method}`,
        request,
        metadata: describeCaller(call),
        deadline: Date.now() + left,
        signal: call.signal,
      });
    },
    async invokeStream(service, method, requests, call) {
      const route = routeTo(service, call);
      return await sendStream({ ...route, path: `/${service}/${method}`, requests, metadata: describeCaller(call) });
    },
    async *invokeAnswers(service, method, request, call) {
      const route = routeTo(service, call);
      requireSize('request', request);
      yield* readAnswers({ ...route, path: `/${service}/${method}`, request, metadata: describeCaller(call) });
    },
    async drain() {
      await server?.drain();
    },
    async stop() {
      stopped = true;
      server?.stop();
      for (const channel of channels.values()) channel.close();
    },
  };
}
