import type { Logger } from 'pino';
import type { Clock, NewId } from '../clock/clock.ts';
import { crashPoint } from '../faults/crash-point.ts';
import type { Changes, Database } from '../postgres/database.ts';
import type { Allowance } from './allowance.ts';
import type { Call, CallOptions } from './call.ts';
import { type KeyedCall, rememberAnswer } from './idempotency.ts';

export interface CallMaking {
  database: Database;
  clock: Clock;
  newId: NewId;
  log: Logger;
  /** `TicketService/CreateTicket` */
  method: string;
  options: CallOptions;
  allowance: Allowance;
  keyed: KeyedCall | undefined;
  encode(answer: object): Uint8Array;
}

/** The answer that a call has committed, with its bytes. */
export interface Committed {
  answer: object;
  bytes: Uint8Array;
}

/** Makes what a use case knows of its call; `committed` tells afterwards what it wrote. */
export function makeCall(making: CallMaking): { call: Call; committed(): Committed | undefined } {
  const { database, clock, newId, options, allowance, keyed } = making;
  const { principal, deadline } = options;
  const at = principal.kind === 'service' ? options.at : undefined;
  const now = at ?? clock.now();
  let log: Logger | undefined;
  let committed: Committed | undefined;

  const call: Call = {
    principal,
    now,
    deadline,
    get signal() {
      return allowance.signal();
    },
    get log() {
      return (log ??= making.log.child({ rpc: making.method, principal: principal.id }));
    },
    newId: () => newId(now),
    async commit<Answer>(changes: Changes, answer: Answer): Promise<Answer> {
      if (committed) throw new Error(`${making.method} committed twice: a call is one decision`);
      allowance.requireTime();
      const bytes = making.encode(answer as object);
      const statements = keyed ? [...(changes.statements ?? []), rememberAnswer(keyed, bytes)] : changes.statements;
      await database.commit({ ...changes, ...(statements && { statements }), ...(at !== undefined && { at }) });
      crashPoint('rpc.after-commit');
      committed = { answer: answer as object, bytes };
      return answer;
    },
    within: (milliseconds, more) => ({
      deadline: Math.min(deadline, clock.now() + milliseconds),
      principal,
      signal: allowance.signal(),
      ...(at !== undefined && { at }),
      ...more,
    }),
  };
  return { call, committed: () => committed };
}
