import { type Declared, placeOf } from './source-location.ts';

/** Gathers all that is wrong with proto/, so that a person sees every mistake at once. */
export class Refusals {
  readonly #found: { file: string; line: number; message: string }[] = [];

  refuse(declared: Declared, message: string): void {
    this.#found.push({ ...placeOf(declared), message });
  }

  /** In the order of files and lines; each as an editor opens it: `proto/opora/tickets/v1/tickets.proto:42: what is wrong and the way out`. */
  get lines(): string[] {
    const inOrder = this.#found.toSorted((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
    return [...new Set(inOrder.map(({ file, line, message }) => `proto/${file}:${line}: ${message}`))];
  }
}
