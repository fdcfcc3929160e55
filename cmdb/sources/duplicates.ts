import { AppError } from '../../platform/errors/app-error.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Call } from '../../platform/rpc/call.ts';
import { authorOf } from '../author.ts';
import { insertChangeSet } from '../history/change-set-store.ts';
import { beginChangeSet } from '../history/change-sets.ts';
import { retryLostRace } from '../retry-lost-race.ts';
import type { PageContext } from './decide-items.ts';
import { decideRelations } from './decide-relations.ts';
import { answerQuestion, type Duplicate, readDuplicates } from './duplicate-store.ts';
import { writeWholeItems } from './end-links.ts';
import type { Link } from './link.ts';
import { readLinks, writeLinks } from './link-store.ts';
import { mergeDeciders } from './merge.ts';
import { relocateRelations } from './relocate-relations.ts';
import type { PageParts } from './take-page.ts';
import { beginItem, fillPresets, readWholeItems, silence, speakOf, type WholeItem } from './whole-items.ts';

/** What a person decides about things that may be one, or that are not. */
export function duplicateUseCases(parts: PageParts) {
  const { database, model } = parts;
  const merges = mergeDeciders(parts);

  async function find(id: string): Promise<Duplicate> {
    const [found] = await readDuplicates(database, sql`id = ${id}`);
    if (!found) throw new AppError('not_found', `There is no question "${id}".`);
    return found;
  }

  async function findOpen(id: string): Promise<Duplicate> {
    const found = await find(id);
    if (found.status !== 'open') throw new AppError('illegal_state', `This question is ${found.status} already.`);
    return found;
  }

  async function contextOf(source: string, call: Call, more: { reason?: string | undefined; changeSetId?: string } = {}): Promise<PageContext> {
    const author = { ...authorOf(call, more.reason), ...(more.changeSetId !== undefined && { changeSetId: more.changeSetId }) };
    return { database, model: await model(), source, author, now: call.now, newId: () => call.newId() };
  }

  /** Lets the record of a question speak of `target`, whatever its key stood for before. */
  async function bind(question: Duplicate, target: WholeItem, context: PageContext) {
    const { source, key, hash, said } = question;
    const [before] = await readLinks(database, sql`l.source = ${source} and l.key = ${key}`);
    const left = before && before.itemId !== target.id ? (await readWholeItems(database, [before.itemId])).get(before.itemId) : undefined;
    if (left && before) silence(left, before, context.model, context.now);
    const link: Link = { source, key, itemId: target.id, hash, said, contested: false, saidAt: context.now, revision: before?.revision ?? 0 };
    speakOf(target, link, context.model, context.now);
    if (!target.before) fillPresets(target, context.model);
    target.isTouched = true;
    const { statements, events } = await writeWholeItems(context, left ? [left, target] : [target]);
    return { statements: [...statements, ...writeLinks([link], [])], events };
  }

  function answered(question: Duplicate, status: Duplicate['status'], call: Call, changeSetId?: string): Duplicate {
    const decided = { status, decidedBy: call.principal.name, version: question.version + 1, updatedAt: call.now };
    return { ...question, ...decided, ...(changeSetId !== undefined && { changeSetId }) };
  }

  return {
    find,

    /** They are one: the record is about the winner, and items that it says are the same thing go into it. */
    async merge<Answer>(
      { id, winnerId, reason }: { id: string; winnerId: string; reason?: string },
      call: Call,
      answer: (question: Duplicate) => Answer,
    ): Promise<Answer> {
      const question = await findOpen(id);
      if (!question.items.includes(winnerId)) {
        throw new AppError('invalid_input', 'The winner is none of them.', {
          violations: [{ pointer: '/winnerId', message: `must be one of ${question.items.join(', ')}` }],
        });
      }
      let mergeId: string | undefined;
      const losers = question.why === 'two_items' ? question.items.filter((item) => item !== winnerId) : [];
      for (const loserId of losers) {
        mergeId = await retryLostRace(call, async () => {
          const [loser] = await readWholeItems(database, [loserId]).then((items) => [...items.values()]);
          if (loser?.before?.mergedInto === winnerId) return mergeId;
          const { changes, merge } = await merges.merge(winnerId, loserId, reason, call);
          await database.commit({ ...changes, at: call.now });
          return merge.id;
        });
      }
      return retryLostRace(call, async () => {
        const after = answered(await findOpen(id), 'merged', call, mergeId);
        const winner = (await readWholeItems(database, [winnerId])).get(winnerId);
        if (!winner) throw new AppError('not_found', `There is no item "${winnerId}".`);
        const { statements, events } = await bind(question, winner, await contextOf(question.source, call, { reason }));
        return call.commit({ statements: [...statements, answerQuestion(after)], events }, answer(after));
      });
    },

    /** They are different things: what they share tells nothing from now on. */
    async keepDistinct<Answer>(id: string, call: Call, answer: (question: Duplicate) => Answer): Promise<Answer> {
      return retryLostRace(call, async () => {
        const question = await findOpen(id);
        const context = await contextOf(question.source, call);
        const [link] = await readLinks(database, sql`l.source = ${question.source} and l.key = ${question.key}`);
        const isAbout = link && question.why !== 'key_reused' ? link.itemId : undefined;
        const known = isAbout === undefined ? undefined : (await readWholeItems(database, [isAbout])).get(isAbout);
        const target = known ?? beginItem(call.newId(), question, question.said.class, question.said.name ?? question.key);
        const { statements, events } = await bind(question, target, context);
        const after = answered(question, 'distinct', call);
        return call.commit({ statements: [...statements, answerQuestion(after)], events }, answer(after));
      });
    },

    /** Keys that are about another thing: together they are an item of their own. */
    async split<Answer>(
      { id, keys, reason }: { id: string; keys: readonly { source: string; key: string }[]; reason?: string },
      call: Call,
      answer: (split: { id: string; newId: string }) => Answer,
    ): Promise<Answer> {
      const newId = call.newId();
      const set = beginChangeSet(call, { kind: 'split', title: id, ...(reason !== undefined && { reason }) });
      const context = { ...(await contextOf('', call, { reason, changeSetId: set.id })), isCorrection: true };
      await retryLostRace(call, async () => {
        const whole = (await readWholeItems(database, [id])).get(id);
        if (!whole) throw new AppError('not_found', `There is no item "${id}".`);
        const leaving = keys.map(({ source, key }, index) => {
          const link = whole.links.get(`${source} ${key}`);
          if (link) return link;
          throw new AppError('invalid_input', 'Not all of these keys are about this item.', {
            violations: [{ pointer: `/keys/${index}`, message: `"${key}" of "${source}" is not about this item` }],
          });
        });
        const [first] = leaving;
        if (!first || leaving.length === whole.links.size) {
          throw new AppError('invalid_input', 'Nothing would be left of the item.', {
            violations: [{ pointer: '/keys', message: 'must leave at least one key' }],
          });
        }
        const target = beginItem(newId, first, first.said.class, first.said.name ?? whole.facts.name);
        const links = leaving.map((link): Link => ({ ...link, itemId: newId, contested: false }));
        for (const link of leaving) silence(whole, link, context.model, call.now);
        for (const link of links) speakOf(target, link, context.model, call.now);
        fillPresets(target, context.model);
        target.isTouched = true;
        const { statements, events } = await writeWholeItems(context, [whole, target]);
        await database.commit({
          statements: [insertChangeSet({ ...set, status: 'done', counts: { items: 2 } }), ...statements, ...writeLinks(links, [])],
          events,
          at: call.now,
        });
      });
      for (const source of new Set(keys.map((one) => one.source))) {
        const own = { ...context, source };
        await retryLostRace(call, async () => {
          const relations = await relocateRelations(
            own,
            keys.filter((one) => one.source === source).map(({ key }) => key),
          );
          const { statements, events } = await decideRelations(own, relations);
          await database.commit({ statements, events, at: call.now });
        });
      }
      return call.commit({}, answer({ id, newId }));
    },
  };
}
