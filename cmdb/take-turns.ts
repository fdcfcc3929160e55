/**
 * Lets work that shares a key go one after the other in the order in which it came, and all other work at once. Within one process it spares those who
 * write the same things the races that all but one of them would lose; between processes the versions of what is written decide.
 */
export function takeTurns() {
  const last = new Map<string, Promise<unknown>>();

  return async <Result>(keys: readonly string[], work: () => Promise<Result>): Promise<Result> => {
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
