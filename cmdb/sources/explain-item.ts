import type { ItemExplanation } from '../../generated/opora/cmdb/v1/sources.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import { toCanonicalText } from '../domain/attributes.ts';
import { explainReconciliation } from '../domain/identify/explain-reconciliation.ts';
import { reconcile } from '../domain/identify/reconcile.ts';
import { toFields } from '../domain/identify/said.ts';
import { mask, maskIdentifiers, maskSaid } from '../rights/mask.ts';
import type { ItemRights } from '../rights/rights.ts';
import { type Link, speaks, toSaid } from './link.ts';
import { labelAttributes } from './name-things.ts';
import type { PageParts } from './take-page.ts';
import { readWholeItems } from './whole-items.ts';

/** Which key of which source says what of an item, whose word each value is, and why the other words are not so. Computed from what they say now. */
export async function explainItem({ database, model }: PageParts, id: string, now: number, rights: ItemRights): Promise<ItemExplanation> {
  const whole = (await readWholeItems(database, [id])).get(id);
  if (!whole || !rights.canSee(whole.facts)) throw new AppError('not_found', `There is no item "${id}".`);
  const { facts, identifiers } = whole;
  const compiled = await model();
  const attributes = compiled.classes.get(facts.class)?.attributes ?? new Map();
  const links = [...whole.links.values()].sort((one, other) => (`${one.source} ${one.key}` < `${other.source} ${other.key}` ? -1 : 1));
  const words = links.filter(speaks).map(toSaid);
  const item = { fields: toFields({ attributes: facts.attributes, name: facts.name }), lookups: facts.lookups, provenance: facts.provenance };
  const label = labelAttributes(compiled, facts.class);
  // Each word against the others, as if it were said now: what it cannot change, it has not the say on.
  const reasons = words.flatMap((said) => {
    const { kept } = reconcile(
      item,
      { ...said, at: now },
      attributes,
      words.filter((other) => other !== said),
    );
    return explainReconciliation({ changes: [], kept }, label, compiled.sensitive);
  });
  const { masked } = rights;
  const said = links.map((link) => maskSaid(link.said, masked, compiled));
  return {
    words: links.map((link, index) => toWord(link, said[index]?.said)),
    owners: Object.entries(facts.provenance).map(([attribute, { source, key, at }]) => ({
      attribute,
      source,
      key,
      since: new Date(at).toISOString(),
    })),
    identifiers: maskIdentifiers(identifiers, masked, compiled).map(({ scheme, value }) => ({ scheme, value })),
    reasons,
    masked: [...new Set([...mask(facts.attributes, masked).masked, ...said.flatMap((one) => one.masked)])].sort(),
  };
}

function toWord({ source, key, saidAt, missingSince, goneAt, movedTo, contested }: Link, said: Link['said'] | undefined) {
  return {
    source,
    key,
    said: toCanonicalText(said),
    saidAt: new Date(saidAt).toISOString(),
    ...(missingSince !== undefined && { missingSince: new Date(missingSince).toISOString() }),
    ...(goneAt !== undefined && { goneAt: new Date(goneAt).toISOString() }),
    ...(movedTo !== undefined && { movedTo }),
    contested,
  };
}
