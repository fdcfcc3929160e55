import { createServer, type RequestListener, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { watchArrival } from './arrival.ts';
import { HttpRefusal, type RefusalKind, toProblem } from './problem.ts';

export interface HttpServerOptions {
  host: string;
  /** 0: any free one. */
  port: number;
  /** Variable that sets the port, for the message that says it is taken. */
  portVariable: string;
  /** Milliseconds in which the header of a request must have come; 10 000 unless told. */
  headerPatience?: number;
  /** Milliseconds in which its body must have come, unless it is a stream; 60 000 unless told. */
  bodyPatience?: number;
}

export interface HttpServer {
  url: string;
  port: number;
  /** Takes no new connection and waits for the answers under way, at most `milliseconds`. */
  drain(milliseconds: number): Promise<void>;
}

const largestHeader = 16 * 1024;

/** Listens, with time limits against senders that are slow on purpose. */
export async function serveHttp(
  listener: RequestListener,
  { host, port, portVariable, headerPatience = 10_000, bodyPatience = 60_000 }: HttpServerOptions,
): Promise<HttpServer> {
  const server = createServer(
    {
      maxHeaderSize: largestHeader,
      headersTimeout: headerPatience,
      requestTimeout: 0, // it cannot be told apart from a stream: see watchArrival
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: Math.min(2_000, headerPatience),
      requireHostHeader: true,
    },
    (request, response) => {
      watchArrival(request, bodyPatience, () => {
        if (response.headersSent) request.socket.destroy();
        else answerUnreadable(tooSlow, request.socket);
      });
      listener(request, response);
    },
  );
  server.maxConnections = 10_000;
  server.on('clientError', answerUnreadable);

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, host, port, portVariable)));
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    port: address.port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    async drain(milliseconds) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const lastMoment = setTimeout(() => server.closeAllConnections(), milliseconds);
      // A connection is idle only after its last answer: a kept one would hold the door open for a minute.
      const sweeping = setInterval(() => server.closeIdleConnections(), 20);
      await closed;
      clearTimeout(lastMoment);
      clearInterval(sweeping);
    },
  };
}

function explain(error: NodeJS.ErrnoException, host: string, port: number, variable: string): Error {
  if (error.code === 'EADDRINUSE') {
    return new Error(`Port ${port} on ${host} is taken. Stop what listens there, or choose another: ${variable}=${port + 1}.`, { cause: error });
  }
  if (error.code === 'EACCES')
    return new Error(`Port ${port} needs more rights than this process has. Choose one above 1023: ${variable}=8080.`, { cause: error });
  if (error.code === 'EADDRNOTAVAIL') return new Error(`This machine has no address ${host}. Use 127.0.0.1, or 0.0.0.0 for all.`, { cause: error });
  return error;
}

const tooSlow: NodeJS.ErrnoException = Object.assign(new Error('the body did not come in time'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });

/** What Node's parser refused never reaches Express; its sender gets the same kind of answer. */
function answerUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const kinds: Record<string, RefusalKind> = { HPE_HEADER_OVERFLOW: 'header_fields_too_large', ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout' };
  const kind = kinds[error.code ?? ''] ?? 'malformed';
  const { problem } = toProblem(new HttpRefusal(kind, explainUnreadable[kind] ?? 'This is not HTTP/1.1 as it is written down.'), {});
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\ncontent-type: application/problem+json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

const explainUnreadable: Partial<Record<RefusalKind, string>> = {
  header_fields_too_large: `The request line and header fields together are larger than ${largestHeader} bytes.`,
  request_timeout: 'The request took too long to arrive.',
};
