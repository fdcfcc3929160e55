import type { CatalogService, ContentChange, Definition, Draft, VersionHead as ToldVersion } from '../../generated/opora/catalog/v1/catalog.ts';
import { applyDefinitions } from '../../platform/definitions/apply-definitions.ts';
import { type ContentChange as Change, compareContent } from '../../platform/definitions/compare-content.ts';
import type { DraftState, VersionHead, VersionState } from '../../platform/definitions/definition.ts';
import { type DefinitionParts, definitionUseCases } from '../../platform/definitions/definitions.ts';

/** The contract's methods, each mapped to its use case and back. */
export function catalogMethods(parts: DefinitionParts): CatalogService {
  const definitions = definitionUseCases(parts);
  const { drafts } = definitions;

  const toDraft = async (draft: DraftState): Promise<Draft> => {
    const base = draft.base === 0 ? undefined : await definitions.find(draft, draft.base);
    return {
      ...draft,
      outdated: await drafts.isOutdated(draft),
      content: JSON.stringify(draft.content),
      changes: compareContent(base?.content, draft.content).map(toChange),
      createdAt: toTime(draft.createdAt),
      updatedAt: toTime(draft.updatedAt),
    };
  };

  return {
    async listDefinitions({ kind, ...page }) {
      const { items, ...rest } = await definitions.list(kind, page);
      return {
        items: items.map(({ newest, ...head }) => ({ ...head, ...(newest && { ...newest, publishedAt: toTime(newest.publishedAt) }) })),
        ...rest,
      };
    },
    getDefinition: async (name) => toDefinition(await definitions.find(name)),
    async listVersions({ kind, name, ...page }) {
      const { items, ...rest } = await definitions.listVersions({ kind, name }, page);
      return { items: items.map(toVersion), ...rest };
    },
    getVersion: async ({ number, ...name }) => toDefinition(await definitions.find(name, Number(number))),
    compareVersions: async ({ from, to, ...name }) => ({ changes: (await definitions.compare(name, Number(from), Number(to))).map(toChange) }),

    createDraft: ({ content, ...name }, call) =>
      drafts.create({ ...name, ...(content !== undefined && { content: JSON.parse(content) }) }, call, toDraft),
    getDraft: async (name) => toDraft(await drafts.find(name)),
    updateDraft: ({ content, ...draft }, call) => drafts.update({ ...draft, content: JSON.parse(content) }, call, toDraft),
    discardDraft: (name, call) => drafts.discard(name, call, {}),
    rebaseDraft: (draft, call) => drafts.rebase(draft, call, toDraft),

    async checkDefinition({ content, ...name }) {
      const findings = await drafts.check(name, content === undefined ? undefined : JSON.parse(content));
      return { findings: [...findings], publishable: !findings.some(({ severity }) => severity === 'error') };
    },
    async tryDefinition({ content, limit = 200, ...name }, call) {
      const { differences, ...report } = await drafts.tryOn(name, content === undefined ? undefined : JSON.parse(content), limit, call);
      return { ...report, differences: differences.map((difference) => ({ ...difference, examples: [...difference.examples] })) };
    },
    applyDefinitions: ({ definitions: written, comment, dryRun = false }, call) =>
      applyDefinitions(
        parts,
        written.map(({ content, ...name }) => ({ ...name, content: JSON.parse(content) })),
        { dryRun, ...(comment !== undefined && { comment }) },
        call,
        (items) => ({
          items: items.map(({ changes, findings, ...item }) => ({ ...item, changes: changes.map(toChange), findings: [...findings] })),
          changed: items.filter(({ outcome }) => outcome !== 'unchanged').length,
        }),
      ),
    publishDefinition: (draft, call) => definitions.publish(draft, call, toDefinition),
    rollBackDefinition: (wanted, call) => definitions.rollBack(wanted, call, toDefinition),
  };
}

function toDefinition({ actorId: _, actorName, publishedAt, content, ...version }: VersionState): Definition {
  return { ...version, content: JSON.stringify(content), publishedAt: toTime(publishedAt), publishedBy: actorName };
}

function toVersion({ kind: _, name: __, actorId: ___, actorName, publishedAt, ...version }: VersionHead): ToldVersion {
  return { ...version, publishedAt: toTime(publishedAt), publishedBy: actorName };
}

function toChange({ pointer, ...change }: Change): ContentChange {
  return {
    pointer,
    ...('before' in change && { before: JSON.stringify(change.before) }),
    ...('after' in change && { after: JSON.stringify(change.after) }),
  };
}

function toTime(moment: number): string {
  return new Date(moment).toISOString();
}
