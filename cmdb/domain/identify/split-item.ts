import { classOfBoth, type MergeRecord, type MergeRules, type WholeItem } from './merge-items.ts';
import { type ReconciledItem, settleItem } from './reconcile.ts';
import { isSameSpeaker, type Said } from './said.ts';

export interface Split {
  winner: WholeItem;
  loser: WholeItem;
}

/**
 * Takes a merge back. `merged` is the winner as it is today: what the loser's sources have said since goes back with them; what was added to the winner
 * since stays there, because nobody can say which of the two it was meant for; a relation or a link that has ended since does not come back.
 */
export function splitItem(merged: WholeItem, record: MergeRecord, { attributes, isA }: MergeRules, now: number): Split {
  const { winner, loser, relations } = record;
  const isLosers = (one: Pick<Said, 'source' | 'key'>) => loser.said.some((link) => isSameSpeaker(link, one));
  const stay = merged.said.filter((one) => !isLosers(one));
  const back = merged.said.filter(isLosers);
  const alive = new Set(merged.relations.map(({ id }) => id));
  const moved = new Set(relations.filter(({ fate }) => fate === 'moved').map(({ relation }) => relation.id));
  const between = relations.filter(({ fate }) => fate === 'dropped').map(({ relation }) => relation);
  return {
    winner: {
      ...merged,
      ...settleItem(withoutLoser(merged, record, isLosers), stay, attributes, now),
      class: merged.class === classOfBoth(winner, loser, isA) ? winner.class : merged.class,
      retired: merged.retired === (winner.retired && loser.retired) ? winner.retired : merged.retired,
      said: stay,
      relations: [...merged.relations.filter(({ id }) => !moved.has(id)), ...between],
    },
    loser: {
      ...loser,
      ...settleItem(loser, back, attributes, now),
      said: back,
      relations: relations.filter(({ relation, fate }) => fate !== 'moved' || alive.has(relation.id)).map(({ relation }) => relation),
    },
  };
}

/** The merged item without the loser's words, and without what of the loser only filled a gap; below it, what the winner was before. */
function withoutLoser(merged: WholeItem, { winner, loser }: MergeRecord, isLosers: (one: Pick<Said, 'source' | 'key'>) => boolean): ReconciledItem {
  const isOwn = ([name]: [string, unknown]) => {
    const owner = ownerOf(merged, name);
    if (owner && isLosers(owner)) return false;
    const isGap = !Object.hasOwn(winner.fields, name) && !Object.hasOwn(winner.provenance, name);
    const losers = ownerOf(loser, name);
    const isFilled = isGap && Object.hasOwn(loser.fields, name) && (owner ? losers !== undefined && isSameSpeaker(owner, losers) : !losers);
    return !isFilled;
  };
  return {
    fields: Object.fromEntries([...Object.entries(winner.fields), ...Object.entries(merged.fields).filter(isOwn)]),
    lookups: winner.lookups,
    provenance: Object.fromEntries([...Object.entries(winner.provenance), ...Object.entries(merged.provenance).filter(isOwn)]),
  };
}

function ownerOf({ provenance }: ReconciledItem, name: string) {
  return Object.hasOwn(provenance, name) ? provenance[name] : undefined;
}
