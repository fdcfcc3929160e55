import { setTimeout as pause } from 'node:timers/promises';

export interface EngineWatch {
  /** Begins to look at an engine: `look` resolves when it answers. */
  begin(engine: string, look: () => Promise<unknown>): void;
  /** By engine, whether it answered when it was last looked at. */
  states(): Readonly<Record<string, boolean>>;
  stop(): Promise<void>;
}

export interface EngineWatchOptions {
  /** Told after each look. */
  tell(engine: string, ready: boolean): void;
  /** Milliseconds between two looks. */
  every?: number;
  /** Milliseconds after which an engine counts as silent. */
  patience?: number;
}

/** Looks at each engine again and again: whoever asks how they are is answered at once, however badly they are, and costs them nothing. */
export function watchEngines({ tell, every = 1_000, patience = 2_000 }: EngineWatchOptions): EngineWatch {
  const stopping = new AbortController();
  const { signal } = stopping;
  const states: Record<string, boolean> = {};
  const loops: Promise<void>[] = [];

  function note(engine: string, ready: boolean): void {
    states[engine] = ready;
    tell(engine, ready);
  }

  async function keepLooking(engine: string, look: () => Promise<unknown>): Promise<void> {
    while (!signal.aborted) {
      const answer = look().then(
        () => true,
        () => false,
      );
      const late = new AbortController();
      const patient = pause(patience, false, { signal: AbortSignal.any([signal, late.signal]) }).catch(() => false);
      note(engine, await Promise.race([answer, patient]));
      late.abort();
      await pause(every, undefined, { signal }).catch(() => undefined); // cut short by `stop`
    }
  }

  return {
    begin(engine, look) {
      note(engine, false);
      loops.push(keepLooking(engine, look));
    },
    states: () => states,
    async stop() {
      stopping.abort();
      await Promise.all(loops);
    },
  };
}
