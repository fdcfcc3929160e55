import type { Need } from '../../domain/impact/redundancy.ts';

/** What a graph in memory knows of an item. */
export interface KnownItem {
  class: string;
  /** The attribute `lifecycleState`. */
  lifecycleState: string | null;
  isRetired: boolean;
  /** Undefined where the item has no attribute `redundancy`. */
  needs?: ReadonlyMap<string, Need>;
}

/** Words that come again and again, each known by a small number. */
export class Words {
  readonly #places = new Map<string, number>();
  readonly #words: string[] = [];

  placeOf(word: string): number {
    const known = this.#places.get(word);
    if (known !== undefined) return known;
    this.#places.set(word, this.#words.length);
    return this.#words.push(word) - 1;
  }

  at(place: number): string {
    return this.#words[place] ?? '';
  }

  get size(): number {
    return this.#words.length;
  }
}

const firstRoom = 1_024;
/** What an entry of the needs takes, about: few items have any. */
const bytesOfNeeds = 400;

/** Items by a number each (0, 1, 2 …, for as long as this lives), found by their ids: 16 bytes an id, and an open table of hashes over them. */
export class ItemTable {
  readonly #classes = new Words();
  readonly #states = new Words();
  readonly #needs = new Map<number, ReadonlyMap<string, Need>>();
  #ids = new Uint32Array(4 * firstRoom);
  /** Number of the item plus one; 0 is free. */
  #slots = new Int32Array(2 * firstRoom);
  #class = new Uint16Array(firstRoom);
  /** Its place among the states plus one; 0 is none. */
  #state = new Uint16Array(firstRoom);
  #retired = new Uint8Array(firstRoom);
  #size = 0;

  constructor() {
    this.#classes.placeOf(''); // of an item that was only named by a relation so far
  }

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    const arrays = [this.#ids, this.#slots, this.#class, this.#state, this.#retired];
    return arrays.reduce((sum, { byteLength }) => sum + byteLength, 0) + this.#needs.size * bytesOfNeeds;
  }

  /** Undefined for an id that nothing was told of. */
  find(id: string): number | undefined {
    const [a, b, c, d] = readId(id);
    const found = this.#slots[this.#slotOf(a, b, c, d)] ?? 0;
    return found === 0 ? undefined : found - 1;
  }

  /** The number of an item, which gets one when it has none. */
  numberOf(id: string): number {
    return this.#give(...readId(id));
  }

  /** The same of an id as 16 bytes. */
  numberAt(bytes: Buffer, offset: number): number {
    return this.#give(bytes.readUInt32BE(offset), bytes.readUInt32BE(offset + 4), bytes.readUInt32BE(offset + 8), bytes.readUInt32BE(offset + 12));
  }

  idOf(item: number): string {
    for (let place = 0, at = 4 * item, shift = 28; place < 36; place++) {
      if (place === 8 || place === 13 || place === 18 || place === 23) continue;
      letters[place] = digits[((this.#ids[at] ?? 0) >>> shift) & 15] ?? 0;
      if (shift === 0) {
        at++;
        shift = 28;
      } else shift -= 4;
    }
    return letters.toString('latin1');
  }

  /** In the order of their ids. */
  compare(one: number, other: number): number {
    for (let word = 0; word < 4; word++) {
      const difference = (this.#ids[4 * one + word] ?? 0) - (this.#ids[4 * other + word] ?? 0);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  classOf(item: number): string {
    return this.#classes.at(this.#class[item] ?? 0);
  }

  know(item: number, { class: itemClass, lifecycleState, isRetired, needs }: KnownItem): void {
    this.#class[item] = this.#classes.placeOf(itemClass);
    this.#state[item] = lifecycleState === null ? 0 : this.#states.placeOf(lifecycleState) + 1;
    this.#retired[item] = isRetired ? 1 : 0;
    if (needs) this.#needs.set(item, needs);
    else this.#needs.delete(item);
  }

  known(item: number): KnownItem {
    const state = this.#state[item] ?? 0;
    const needs = this.#needs.get(item);
    return {
      class: this.classOf(item),
      lifecycleState: state === 0 ? null : this.#states.at(state - 1),
      isRetired: this.#retired[item] === 1,
      ...(needs && { needs }),
    };
  }

  /** Whether it is in use, and needs all that it depends on: nearly all are. */
  isPlain(item: number): boolean {
    const state = this.#state[item] ?? 0;
    return this.#retired[item] === 0 && (state === 0 || this.#states.at(state - 1) === inUse) && !this.#needs.has(item);
  }

  #give(a: number, b: number, c: number, d: number): number {
    let slot = this.#slotOf(a, b, c, d);
    const found = this.#slots[slot] ?? 0;
    if (found !== 0) return found - 1;
    if (2 * (this.#size + 1) > this.#slots.length) {
      this.#widen();
      slot = this.#slotOf(a, b, c, d);
    }
    const item = this.#size++;
    if (item === this.#class.length) this.#grow(item + (item >> 1));
    this.#ids.set([a, b, c, d], 4 * item);
    this.#slots[slot] = item + 1;
    return item;
  }

  /** Where the id is, or would be. */
  #slotOf(a: number, b: number, c: number, d: number): number {
    const last = this.#slots.length - 1;
    for (let slot = hash(a, b, c, d) & last; ; slot = (slot + 1) & last) {
      const found = this.#slots[slot] ?? 0;
      if (found === 0) return slot;
      const at = 4 * (found - 1);
      if (this.#ids[at + 3] === d && this.#ids[at + 2] === c && this.#ids[at + 1] === b && this.#ids[at] === a) return slot;
    }
  }

  #widen(): void {
    this.#slots = new Int32Array(2 * this.#slots.length);
    const ids = this.#ids;
    for (let item = 0; item < this.#size; item++) {
      const at = 4 * item;
      this.#slots[this.#slotOf(ids[at] ?? 0, ids[at + 1] ?? 0, ids[at + 2] ?? 0, ids[at + 3] ?? 0)] = item + 1;
    }
  }

  #grow(room: number): void {
    this.#ids = enlarge(this.#ids, 4 * room);
    this.#class = enlarge(this.#class, room);
    this.#state = enlarge(this.#state, room);
    this.#retired = enlarge(this.#retired, room);
  }
}

const inUse = 'in_use';
const digits = Buffer.from('0123456789abcdef');
const letters = Buffer.alloc(36, '-');

function readId(id: string): [number, number, number, number] {
  const word = (text: string) => Number.parseInt(text, 16);
  return [word(id.slice(0, 8)), word(id.slice(9, 13) + id.slice(14, 18)), word(id.slice(19, 23) + id.slice(24, 28)), word(id.slice(28, 36))];
}

function hash(a: number, b: number, c: number, d: number): number {
  let mixed = Math.imul(d ^ Math.imul(b, 0x9e37_79b1), 0x85eb_ca6b) ^ Math.imul(c ^ Math.imul(a, 0x27d4_eb2f), 0xc2b2_ae35);
  mixed ^= mixed >>> 15;
  return (Math.imul(mixed, 0x2c1b_3c6d) ^ (mixed >>> 12)) >>> 0;
}

/** The same, with room for more. */
export function enlarge<Numbers extends Uint8Array | Uint16Array | Uint32Array | Int32Array>(numbers: Numbers, room: number): Numbers {
  const larger = new (numbers.constructor as new (length: number) => Numbers)(room);
  larger.set(numbers);
  return larger;
}
