import { type Declared, placeOf } from './source-location.ts';

/** Gathers all that is wrong with proto/, so that a person sees every mistake at once. */
export class Refusals {
  readonly lines: string[] = [];

  refuse(declared: Declared, message: string): void {
    this.lines.push(`${placeOf(declared)}: ${message}`);
  }
}
