import type { Database } from '../platform/postgres/database.ts';

/**
 * Lets work that shares a key go one after the other in the order in which it came, and all other work at once. Within one process it spares those who
 * write the same things the races that all but one of them would lose; between processes the versions of what is written decide. A batch waits for nobody: it
 * keeps what it wrote locked until its end, and whoever has the turn may be waiting for just that.
 */
export function takeTurns({ isInTransaction }: Pick<Database, 'isInTransaction'>) {
  const last = new Map<string, Promise<unknown>>();

  return async <Result>(keys: readonly string[], work: () => Promise<Result>): Promise<Result> => {
    if (isInTransaction()) return work();
    const before = new Set(keys.flatMap((key) => last.get(key) ?? []));
    const mine = Promise.allSettled(before).then(work);
    for (const key of keys) last.set(key, mine);
    try {
      return await mine;
    } finally {
      for (const key of keys) if (last.get(key) === mine) last.delete(key);
    }
  };
}
