import type { BatchedAnswer, BatchService, CarryOutRequest } from '../../generated/opora/batch/v1/batch.ts';
import type { OpenDatabase } from '../engines/engines.ts';
import { AppError } from '../errors/app-error.ts';
import type { Call } from '../rpc/call.ts';
import { longestMessage } from '../rpc/message-size.ts';
import type { BoundMethod, Reply } from '../rpc/transport.ts';

export interface BatchParts {
  database: OpenDatabase;
  /** A method of the service by its full name, `opora.tickets.v1.TicketService/CreateTicket`. */
  find(method: string): BoundMethod | undefined;
}

/** What an answer in a list of answers takes beside its own bytes, at most. */
const frameBytes = 16;

/** Calls of one service as one transaction. Each is served as if it had come alone; only its commits wait for the end of all. */
export function batchMethods({ database, find }: BatchParts): BatchService {
  return {
    carryOut: (request, call) =>
      database.transaction(async () => {
        const replies = await carryOutInOrder(request, call);
        const kept = { answers: replies.map(({ body, committed = body, replayed }): BatchedAnswer => ({ answer: committed, replayed })) };
        await call.commit({}, kept);
        const isAllKept = replies.every(({ committed }) => committed === undefined);
        return isAllKept ? kept : { answers: replies.map(({ body, replayed }) => ({ answer: body, replayed })) };
      }, call.deadline),
  };

  async function carryOutInOrder({ calls }: CarryOutRequest, call: Call): Promise<Reply[]> {
    const options = call.within(Number.POSITIVE_INFINITY);
    const replies: Reply[] = [];
    let bytes = 0;
    for (const [index, { method, request, idempotencyKey }] of calls.entries()) {
      const run = find(method);
      if (!run) throw nameCall(index, new AppError('not_found', `There is no method ${method} here.`));
      const reply = await run(request, { ...options, ...(idempotencyKey !== undefined && { idempotencyKey }) }).catch((error: unknown) => {
        throw nameCall(index, error);
      });
      replies.push(reply);
      bytes += Math.max(reply.body.length, reply.committed?.length ?? 0) + frameBytes;
      if (bytes > longestMessage) throw tooMuch(index);
    }
    return replies;
  }
}

/** A fault of ours stays as it is: it stands in the log under its trace id. */
function nameCall(index: number, error: unknown): unknown {
  if (!(error instanceof AppError)) return error;
  const { kind, message, violations, retryAfterSeconds } = error;
  const at = `/calls/${index}`;
  return new AppError(kind, message, {
    violations:
      violations.length > 0
        ? violations.map((violation) => ({ ...violation, pointer: `${at}/request${violation.pointer}` }))
        : [{ pointer: at, message }],
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    cause: error,
  });
}

/** Found out before anything is committed: afterwards the caller would be told of a failure that is none. */
function tooMuch(index: number): AppError {
  return new AppError(
    'invalid_input',
    `The answers of the first ${index + 1} operations have more than the ${longestMessage} bytes that one call carries. Send them in parts.`,
  );
}
