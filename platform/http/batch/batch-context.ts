import type { Logger } from 'pino';
import type { Clock } from '../../clock/clock.ts';
import type { Contract } from '../../contract/contract.ts';
import type { Principal } from '../../rpc/call.ts';
import type { Invoke } from '../../rpc/client.ts';

/** What carrying out a batch needs to know of it and of the hub. */
export interface BatchContext {
  contract: Contract;
  invoke: Invoke;
  clock: Clock;
  log: Logger;
  principal: Principal;
  /** Of the whole. */
  idempotencyKey?: string;
  /** Epoch milliseconds. */
  deadline: number;
  /** Milliseconds that one operation may take. */
  patience: number;
  /** Path of the request. */
  instance: string;
  traceId?: string;
}
