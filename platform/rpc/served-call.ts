import type { Logger } from 'pino';
import type { Clock, NewId } from '../clock/clock.ts';
import { AppError } from '../errors/app-error.ts';
import { crashPoint } from '../faults/crash-point.ts';
import type { Changes, Database } from '../postgres/database.ts';
import type { Allowance } from './allowance.ts';
import type { Call, CallOptions, PreparedAnswer, Principal } from './call.ts';
import { type KeyedCall, recallAnswer, rememberAnswer } from './idempotency.ts';
import type { ServedOptions } from './transport.ts';

/** What all calls of one method have in common. */
export interface MethodServing {
  /** `TicketService/CreateTicket` */
  name: string;
  database: Database;
  clock: Clock;
  newId: NewId;
  log: Logger;
  encode(answer: object): Uint8Array;
}

/** The answer that a call has committed, with its bytes. */
export interface Committed {
  answer: unknown;
  bytes: Uint8Array;
}

/** What a use case knows of its call. A class, because one is made for every call, and an object with getters of its own costs twenty times as much. */
export class ServedCall implements Call {
  readonly principal: Principal;
  readonly now: number;
  readonly deadline: number;
  /** What it wrote, if it did. */
  committed: Committed | undefined;
  private readonly serving: MethodServing;
  private readonly allowance: Allowance;
  private readonly keyed: KeyedCall | undefined;
  private readonly at: number | undefined;
  private ownLog: Logger | undefined;

  constructor(serving: MethodServing, options: ServedOptions, allowance: Allowance, keyed: KeyedCall | undefined) {
    this.principal = options.principal;
    this.at = options.principal.kind === 'service' ? options.at : undefined;
    this.now = this.at ?? serving.clock.now();
    this.deadline = options.deadline;
    this.serving = serving;
    this.allowance = allowance;
    this.keyed = keyed;
  }

  get signal(): AbortSignal {
    return this.allowance.signal();
  }

  get log(): Logger {
    return (this.ownLog ??= this.serving.log.child({ rpc: this.serving.name, principal: this.principal.id }));
  }

  newId(): string {
    return this.serving.newId(this.now);
  }

  async commit<Answer>(changes: Changes, answer: Answer): Promise<Answer> {
    const { serving, at } = this;
    const { keyed, settle } = this.prepare(answer);
    const statements = keyed ? [...(changes.statements ?? []), rememberAnswer(keyed, keyed.answer)] : changes.statements;
    await serving.database.commit({ ...changes, ...(statements && { statements }), ...(at !== undefined && { at }) });
    crashPoint('rpc.after-commit');
    settle();
    return answer;
  }

  async endIfRepeated(): Promise<void> {
    const { keyed, serving } = this;
    if (keyed && (await recallAnswer(serving.database, keyed))) throw new AppError('conflict', 'This was done already.');
  }

  prepare(answer: unknown): PreparedAnswer {
    const { serving, keyed } = this;
    if (this.committed) throw new Error(`${serving.name} committed twice: a call is one decision`);
    this.allowance.requireTime();
    const bytes = serving.encode(answer as object);
    return {
      ...(keyed && { keyed: { ...keyed, answer: bytes } }),
      settle: () => {
        this.committed = { answer, bytes };
      },
    };
  }

  within(milliseconds: number, more?: { idempotencyKey?: string }): CallOptions {
    return {
      deadline: Math.min(this.deadline, this.serving.clock.now() + milliseconds),
      principal: this.principal,
      signal: this.signal,
      ...(this.at !== undefined && { at: this.at }),
      ...more,
    };
  }
}
