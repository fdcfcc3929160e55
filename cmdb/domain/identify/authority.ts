import { Duration } from 'luxon';
import type { AttributeDefinition } from '../model/model.ts';
import type { Said } from './said.ts';

/** People's own words come under this source. */
export const manual = 'manual';

interface Standing {
  /** 0 is the best. */
  rank: number;
  /** Milliseconds of silence after which every other source's word counts for more. */
  staleAfter?: number;
}

interface Authority {
  bySource: ReadonlyMap<string, Standing>;
  others: Standing;
}

const compiled = new WeakMap<object, Authority>();
const nobodyNamed = compile([]);

/** The order of the sources of one attribute. `manual` stands first unless it is named; those that are not named come last, all alike. */
function authorityOf(definition: AttributeDefinition | undefined): Authority {
  if (!definition?.authority) return nobodyNamed;
  const known = compiled.get(definition.authority) ?? compile(definition.authority);
  compiled.set(definition.authority, known);
  return known;
}

function compile(named: NonNullable<AttributeDefinition['authority']>): Authority {
  const all = named.some(({ source }) => source === manual) ? named : [{ source: manual }, ...named];
  const entries = all.map(({ source, staleAfter }, rank): [string, Standing] => [
    source,
    { rank, ...(staleAfter !== undefined && { staleAfter: Duration.fromISO(staleAfter).toMillis() }) },
  ]);
  return { bySource: new Map(entries), others: { rank: all.length } };
}

export type Precedence = 'person' | 'authority' | 'owner_silent' | 'alike';

/** The sources of one attribute by whose word counts at a moment. */
export function rankSources(definition: AttributeDefinition | undefined, now: number) {
  const authority = authorityOf(definition);
  const standingOf = ({ source }: Pick<Said, 'source'>) => authority.bySource.get(source) ?? authority.others;
  const staleFrom = (said: Pick<Said, 'source' | 'at'>) => {
    const { staleAfter } = standingOf(said);
    return staleAfter === undefined ? undefined : said.at + staleAfter;
  };
  const isStale = (said: Pick<Said, 'source' | 'at'>) => now > (staleFrom(said) ?? now);

  return {
    /** The first moment after which another's word counts for more, unless the source speaks again; undefined: never. */
    staleFrom,

    /**
     * Negative when `one` counts for more. Sources that are alike stand in the order of their names, and the keys of one source by who spoke last: an
     * order that does not depend on who comes first, and in which two sources do not overwrite each other by turns.
     */
    compare(one: Said, other: Said): number {
      return (
        Number(isStale(one)) - Number(isStale(other)) ||
        standingOf(one).rank - standingOf(other).rank ||
        compareText(one.source, other.source) ||
        other.at - one.at ||
        compareText(one.key, other.key)
      );
    },

    /** By what right `one` comes before `other`. */
    explain(one: Said, other: Said): Precedence {
      if (isStale(other) && !isStale(one)) return 'owner_silent';
      if (standingOf(one).rank === standingOf(other).rank) return 'alike';
      return one.source === manual ? 'person' : 'authority';
    },
  };
}

function compareText(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}
