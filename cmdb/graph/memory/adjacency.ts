import { enlarge } from './item-table.ts';

const firstRoom = 1_024;
/** So many of a change's relations fit into one number with their type: `type * span + other`. */
const span = 2 ** 32;

/** Whether there is a relation of this type with this other item, by both together (`placeOf`). */
export type Links = Map<number, boolean>;

export function linkOf(type: number, other: number): number {
  return type * span + other;
}

/**
 * The relations of items on one way, each as its type and the item at its other end: of one item side by side (`first` to `end`), in no order. All stand in two arrays; who needs more room
 * than there is moves to their end, and when a third of them was left so, everything moves together.
 */
export class Adjacency {
  #first = new Int32Array(firstRoom);
  #count = new Int32Array(firstRoom);
  #room = new Int32Array(firstRoom);
  #others = new Int32Array(firstRoom);
  #types = new Uint16Array(firstRoom);
  /** Where the arrays are free from. */
  #end = 0;
  #left = 0;
  #size = 0;

  /** Relations in all. */
  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return [this.#first, this.#count, this.#room, this.#others, this.#types].reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  get others(): Int32Array {
    return this.#others;
  }

  get types(): Uint16Array {
    return this.#types;
  }

  first(item: number): number {
    return this.#first[item] ?? 0;
  }

  end(item: number): number {
    return (this.#first[item] ?? 0) + (this.#count[item] ?? 0);
  }

  /** Adds one that is not there. */
  add(item: number, other: number, type: number): void {
    this.#reach(item);
    const count = this.#count[item] ?? 0;
    if (count === this.#room[item]) this.#makeRoom(item, 1);
    const place = (this.#first[item] ?? 0) + count;
    this.#others[place] = other;
    this.#types[place] = type;
    this.#count[item] = count + 1;
    this.#size++;
  }

  /** Makes these relations of an item so, whatever they were. */
  change(item: number, links: Links): void {
    this.#reach(item);
    const first = this.first(item);
    let kept = first;
    for (let place = first; place < this.end(item); place++) {
      const [other, type] = [this.#others[place] ?? 0, this.#types[place] ?? 0];
      if (links.has(linkOf(type, other))) continue;
      this.#others[kept] = other;
      this.#types[kept++] = type;
    }
    this.#size -= this.end(item) - kept;
    this.#count[item] = kept - first;
    for (const [link, isThere] of links) if (isThere) this.add(item, link % span, Math.floor(link / span));
  }

  /** Takes all relations of another one, the other way round; rests after each piece of the work. */
  *turn(whole: Adjacency, items: number): Generator<void> {
    this.#reach(items);
    this.#others = new Int32Array(Math.max(firstRoom, whole.size));
    this.#types = new Uint16Array(this.#others.length);
    for (let item = 0; item < items; item++) {
      for (let place = whole.first(item); place < whole.end(item); place++) this.#bump(whole.others[place] ?? 0);
      if (item % piece === piece - 1) yield;
    }
    for (let item = 0; item < items; item++) {
      this.#first[item] = this.#end;
      this.#end += this.#room[item] ?? 0;
    }
    for (let item = 0; item < items; item++) {
      for (let place = whole.first(item); place < whole.end(item); place++) this.add(whole.others[place] ?? 0, item, whole.types[place] ?? 0);
      if (item % piece === piece - 1) yield;
    }
  }

  #bump(item: number): void {
    this.#room[item] = (this.#room[item] ?? 0) + 1;
  }

  #reach(item: number): void {
    if (item < this.#first.length) return;
    const room = item + 1 + (item >> 1);
    this.#first = enlarge(this.#first, room);
    this.#count = enlarge(this.#count, room);
    this.#room = enlarge(this.#room, room);
  }

  #makeRoom(item: number, more: number): void {
    const room = this.#room[item] ?? 0;
    const isLast = room > 0 && this.first(item) + room === this.#end;
    const wanted = isLast || room === 0 ? room + more : room + Math.max(more, 2, room >> 1);
    const needed = isLast ? wanted - room : wanted;
    if (this.#end + needed > this.#others.length) {
      if (this.#left > this.#others.length / 3) {
        this.#moveTogether();
        this.#makeRoom(item, more);
        return;
      }
      const length = this.#end + needed + (this.#end >> 2);
      this.#others = enlarge(this.#others, length);
      this.#types = enlarge(this.#types, length);
    }
    if (!isLast) {
      const [first, end] = [this.first(item), this.end(item)];
      this.#others.copyWithin(this.#end, first, end);
      this.#types.copyWithin(this.#end, first, end);
      this.#left += room;
      this.#first[item] = this.#end;
    }
    this.#room[item] = wanted;
    this.#end += needed;
  }

  #moveTogether(): void {
    const length = Math.max(firstRoom, this.#size + (this.#size >> 2));
    const [others, types] = [new Int32Array(length), new Uint16Array(length)];
    let end = 0;
    for (let item = 0; item < this.#first.length; item++) {
      const [first, last] = [this.first(item), this.end(item)];
      others.set(this.#others.subarray(first, last), end);
      types.set(this.#types.subarray(first, last), end);
      this.#first[item] = end;
      this.#room[item] = last - first;
      end += last - first;
    }
    this.#others = others;
    this.#types = types;
    this.#end = end;
    this.#left = 0;
  }
}

/** Items of one piece of a long work. */
const piece = 20_000;
