import type pg from 'pg';
import { AppError } from '../errors/app-error.ts';
import { isStalePlan, madeWay, translateServerError } from './server-error.ts';

type Query = pg.QueryConfig | string;

/**
 * One transaction on one connection. Each commit in it stands behind a savepoint, so that one which fails takes back nothing but itself: whoever committed may
 * read again and decide anew, as outside. What a savepoint cannot mend (a deadlock, a failed read) is the end: everything after it fails of the same.
 */
export class Transaction {
  /** A commit in it had events: somebody is to be woken when it is over. */
  announces = false;
  /** It had to make way for another, or met an old plan: the same work can succeed in a new one. */
  isLost = false;
  private fault: unknown;
  private isOver = false;
  private isTainted = false;
  private hasSavepoint = false;
  private last: Promise<unknown> = Promise.resolve();
  private readonly client: pg.PoolClient;

  constructor(client: pg.PoolClient) {
    this.client = client;
  }

  begin(): Promise<void> {
    return this.inTurn(async () => void (await this.send('begin')));
  }

  query<Row extends object>(query: Query): Promise<Row[]> {
    return this.inTurn(() => this.send<Row>(query));
  }

  commit(query: Query): Promise<void> {
    return this.inTurn(async () => {
      await this.send(this.hasSavepoint ? 'release savepoint step; savepoint step' : 'savepoint step');
      this.hasSavepoint = true;
      try {
        await this.client.query(query);
      } catch (error) {
        if (isFatal(error)) throw this.giveUp(error);
        await this.send('rollback to savepoint step');
        throw translateServerError(error);
      }
    });
  }

  /** Makes it all durable. Throws when something in it was the end of it, whether or not the work took notice. */
  finish(): Promise<void> {
    return this.inTurn(async () => {
      this.isOver = true;
      const { command } = await this.client.query('commit').catch((error: unknown) => Promise.reject(this.giveUp(error)));
      if (command !== 'COMMIT') throw new Error(`The transaction ended with ${command}.`);
    });
  }

  /** Takes all of it back, after the query under way. Tells whether the connection is as good as before. */
  async abandon(): Promise<boolean> {
    this.isOver = true;
    await this.last;
    const isBack = await this.client.query('rollback').then(
      () => true,
      () => false,
    );
    return isBack && !this.isTainted;
  }

  private async send<Row extends object>(query: Query): Promise<Row[]> {
    try {
      return (await this.client.query<Row>(query)).rows;
    } catch (error) {
      throw this.giveUp(error);
    }
  }

  private giveUp(error: unknown): unknown {
    this.isLost = isFatal(error);
    this.isTainted = !madeWay(error);
    // Not a conflict: whoever decides again after a conflict would do so in vain.
    this.fault = this.isLost
      ? new AppError('unavailable', 'Others change the same at this moment. Send it again.', { retryAfterSeconds: 1, cause: error })
      : translateServerError(error);
    return this.fault;
  }

  /** A connection has one query at a time. */
  private inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const mine = this.last.then(() => {
      if (this.fault !== undefined) throw this.fault;
      if (this.isOver) throw new Error('This came after the end of the transaction in which it was begun.');
      return work();
    });
    this.last = mine.catch(() => undefined);
    return mine;
  }
}

function isFatal(error: unknown): boolean {
  return madeWay(error) || isStalePlan(error);
}
