import { Adjacency, type Links, linkOf } from './adjacency.ts';
import { ItemTable, Words } from './item-table.ts';

/** A relation as it is: there, or not there. */
export interface KnownRelation {
  fromId: string;
  toId: string;
  type: string;
  isActive: boolean;
}

/** All items and the active relations between them, in typed arrays: some 100 MB for a million items and five million relations. */
export class CompactGraph {
  readonly items = new ItemTable();
  readonly types = new Words();
  /** By where relations begin, and by where they end. */
  readonly out = new Adjacency();
  readonly into = new Adjacency();

  get relations(): number {
    return this.out.size;
  }

  get bytes(): number {
    return this.items.bytes + this.out.bytes + this.into.bytes;
  }

  /** By the number of each type, 1 for those that are asked for. */
  markTypes(asked: readonly string[]): Uint8Array {
    const isAsked = new Set(asked);
    return Uint8Array.from({ length: this.types.size }, (_, kind) => (isAsked.has(this.types.at(kind)) ? 1 : 0));
  }

  /** Makes these relations so, whatever they were: saying it again changes nothing. */
  relate(relations: readonly KnownRelation[]): void {
    const [out, into] = [new Map<number, Links>(), new Map<number, Links>()];
    for (const { fromId, toId, type, isActive } of relations) {
      const [from, to, kind] = [this.items.numberOf(fromId), this.items.numberOf(toId), this.types.placeOf(type)];
      linksOf(out, from).set(linkOf(kind, to), isActive);
      linksOf(into, to).set(linkOf(kind, from), isActive);
    }
    for (const [item, links] of out) this.out.change(item, links);
    for (const [item, links] of into) this.into.change(item, links);
  }
}

function linksOf(changes: Map<number, Links>, item: number): Links {
  const links = changes.get(item) ?? new Map();
  changes.set(item, links);
  return links;
}
