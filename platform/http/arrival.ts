import type { IncomingMessage } from 'node:http';

interface Watch {
  cutOff(): void;
  timer: NodeJS.Timeout | undefined;
}

/** On requests whose body is still to come (and not in a WeakMap: see `observe-requests.ts`). */
const watched = Symbol('arrival');

interface Watched {
  [watched]?: Watch;
}

/** Milliseconds in which a sender that was cut off can take the answer. */
const lastGrace = 2_000;

/** Ends a request whose body has not come whole in time: `answer` tells its sender so, and soon after the connection is closed. */
export function watchArrival(request: IncomingMessage, milliseconds: number, answer: () => void): void {
  if (request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined) return;
  const cutOff = () => {
    if (request.complete || request.destroyed) return;
    answer();
    setTimeout(() => request.socket.destroy(), lastGrace).unref();
  };
  const watch: Watch = { cutOff, timer: undefined };
  (request as Watched)[watched] = watch;
  arm(watch, milliseconds);
  request.once('close', () => clearTimeout(watch.timer));
}

/** Gives the body other time than all have; undefined: as long as it likes, because whoever reads it minds it. */
export function allowArrival(request: IncomingMessage, milliseconds: number | undefined): void {
  const watch = (request as Watched)[watched];
  if (!watch) return;
  clearTimeout(watch.timer);
  if (milliseconds !== undefined && !request.complete) arm(watch, milliseconds);
}

function arm(watch: Watch, milliseconds: number): void {
  watch.timer = setTimeout(watch.cutOff, milliseconds).unref();
}
