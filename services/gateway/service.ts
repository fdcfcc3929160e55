import { createEdge } from '../../platform/http/create-edge.ts';
import { mountRest } from '../../platform/http/rest.ts';
import { type HttpServer, serveHttp } from '../../platform/http/serve-http.ts';
import { defineService } from '../../platform/service/define-service.ts';
import { gatewayConfig } from './config.ts';
import { readCredential } from './credentials.ts';
import { mountHealth, quietPaths } from './health.ts';
import { createIdentifier } from './identify.ts';
import { mountIngest } from './ingest.ts';
import { mountPages } from './pages.ts';
import { mountSessions } from './sessions.ts';
import { mountSignIn } from './sign-in.ts';
import { mountStream } from './stream.ts';

const drainMilliseconds = 10_000;

export const gateway = defineService({
  name: 'gateway',
  needs: ['directory'],
  config: gatewayConfig,
  start(parts) {
    const { config, log, metrics, contract, clock, invoke, invokeStream, invokeAnswers, tail } = parts;
    const identifier = createIdentifier(parts);
    const limits = {
      bodyBytes: config.OPORA_BODY_BYTES,
      inFlight: config.OPORA_REQUESTS_IN_FLIGHT,
      heldBytes: config.OPORA_HELD_BYTES,
      perPrincipal: config.OPORA_RATE_PER_TOKEN,
      perAddress: config.OPORA_RATE_PER_ADDRESS,
    };
    let stream: ReturnType<typeof mountStream> | undefined;
    let rest: ReturnType<typeof mountRest> | undefined;
    const app = createEdge({
      log,
      metrics,
      limits,
      trustedProxies: config.OPORA_TRUSTED_PROXIES,
      quietPaths,
      mount(mounted, edge) {
        mountHealth(mounted, edge, parts, identifier);
        mountSessions(mounted, edge, parts, identifier);
        mountSignIn(mounted, edge, parts);
        stream = mountStream(mounted, edge, parts, identifier);
        mountIngest(mounted, edge, parts, identifier, config.OPORA_INGEST_BODY_BYTES);
        rest = mountRest(mounted, edge, {
          contract,
          clock,
          invoke,
          invokeStream,
          invokeAnswers,
          identify: async (request) => (await identifier.identify(request, edge.admission)).principal,
          async countMore(request, requests) {
            const credential = readCredential(request);
            if (credential) await edge.admission.count({ principal: (await identifier.recognize(credential)).credentialId }, requests);
          },
        });
        mountPages(mounted, edge, parts);
      },
    });
    let directoryNews: { stop(): Promise<void> } | undefined;
    let server: HttpServer | undefined;
    return {
      async open() {
        directoryNews = await tail({ sources: ['directory'], onEvent: (event) => identifier.hear(event) });
        server = await serveHttp(app, { host: config.OPORA_HOST, port: config.OPORA_PORT, portVariable: 'OPORA_PORT' });
        log.info({ url: server.url }, 'the hub answers');
      },
      async drain() {
        rest?.drain();
        await Promise.all([server?.drain(drainMilliseconds), stream?.drain()]);
      },
      stop: async () => directoryNews?.stop(),
    };
  },
});
