import type { PartStatus } from './keep-running.ts';

export interface Board {
  /** Shows what changed since the last time. */
  show(parts: readonly PartStatus[]): void;
  /** A line for the person, beside the board. */
  say(line: string): void;
}

/** One line a part: drawn again in place on a terminal, a new line for each change elsewhere. */
export function createBoard(output: NodeJS.WriteStream): Board {
  let shown: readonly string[] = [];
  const clear = () => output.write(shown.length > 0 && output.isTTY ? `\x1b[${shown.length}A\x1b[0J` : '');
  return {
    show(parts) {
      const lines = parts.map(({ name, state, pid }) => `${name.padEnd(12)}${state}${pid === undefined ? '' : ` (process ${pid})`}`);
      const changed = lines.filter((line) => !shown.includes(line));
      if (changed.length === 0) return;
      clear();
      output.write(`${(output.isTTY ? lines : changed).join('\n')}\n`);
      shown = lines;
    },
    say(line) {
      clear();
      output.write(`${line}\n`);
      if (output.isTTY && shown.length > 0) output.write(`${shown.join('\n')}\n`);
    },
  };
}
