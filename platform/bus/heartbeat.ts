const interval = 1_000;

/**
 * Runs something long while telling the group that we live. When the group does not take the heartbeat (it is being divided anew), the work is told to stop by
 * its signal, and the heartbeat's error is thrown, for the consumer to join again.
 */
export async function whileBeating<Result>(
  heartbeat: () => Promise<void>,
  stop: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const lost = new AbortController();
  let reason: unknown;
  const timer = setInterval(() => {
    heartbeat().catch((error: unknown) => {
      reason ??= error;
      lost.abort(error);
    });
  }, interval);
  try {
    return await work(AbortSignal.any([stop, lost.signal]));
  } catch (error) {
    throw lost.signal.aborted ? reason : error;
  } finally {
    clearInterval(timer);
  }
}
