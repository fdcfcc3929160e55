import { AppError, type FieldViolation, isAppError } from '../errors/app-error.ts';
import { violatedConstraint } from '../postgres/server-error.ts';
import type { Call } from '../rpc/call.ts';
import { type ContentChange, compareContent } from './compare-content.ts';
import type { DefinitionName, Finding, VersionState } from './definition.ts';
import { insertVersion, readVersion } from './definition-store.ts';
import type { DefinitionParts } from './definitions.ts';

/** What becomes of one definition; `version` is the one that holds then, 0 while it is only told what would be created. */
export interface Applied extends DefinitionName {
  outcome: 'unchanged' | 'created' | 'changed';
  version: number;
  changes: readonly ContentChange[];
  findings: readonly Finding[];
}

/**
 * Publishes those of many definitions that say something else than what holds: all of them in one commit, or none. They are checked together, so one may speak of another. A dry run writes
 * nothing and tells errors among the findings; else AppError `invalid_input` with every error of every definition, `conflict` when one was published meanwhile.
 */
export async function applyDefinitions<Answer>(
  { database, kinds, announce }: DefinitionParts,
  written: readonly (DefinitionName & { content: unknown })[],
  { dryRun, comment }: { dryRun: boolean; comment?: string },
  call: Call,
  answer: (items: Applied[]) => Answer,
): Promise<Answer> {
  refuseTwice(written);
  const items: Applied[] = [];
  const versions: VersionState[] = [];
  const violations: FieldViolation[] = [];
  for (const [index, { kind, name, content }] of written.entries()) {
    kinds.find(kind);
    const newest = await readVersion(database, { kind, name });
    const changes = compareContent(newest?.content, content);
    if (newest && changes.length === 0) {
      items.push({ kind, name, outcome: 'unchanged', version: newest.version, changes: [], findings: [] });
      continue;
    }
    const findings = await kinds.check({ kind, name }, content, written);
    for (const { severity, pointer, message } of findings) {
      if (severity === 'error') violations.push({ pointer: `/definitions/${index}/content${pointer}`, message: message.en });
    }
    const version = (newest?.version ?? 0) + 1;
    versions.push({
      kind,
      name,
      version,
      content,
      ...(comment !== undefined && { comment }),
      publishedAt: call.now,
      actorId: call.principal.id,
      actorName: call.principal.name,
    });
    items.push({ kind, name, outcome: newest ? 'changed' : 'created', version: dryRun ? version - 1 : version, changes, findings });
  }
  if (dryRun || (versions.length === 0 && violations.length === 0)) return call.commit({}, answer(items));
  if (violations.length > 0) throw new AppError('invalid_input', 'Some definitions have errors: nothing was published.', { violations });
  try {
    return await call.commit({ statements: versions.map(insertVersion), events: versions.map(announce) }, answer(items));
  } catch (error) {
    if (!isAppError(error, 'conflict') || violatedConstraint(error) === 'idempotency_pkey') throw error;
    throw new AppError('conflict', 'One of the definitions was published meanwhile: nothing was published. Look at the differences again.', {
      cause: error,
    });
  }
}

function refuseTwice(written: readonly DefinitionName[]): void {
  const seen = new Set<string>();
  const violations = written.flatMap(({ kind, name }, index) => {
    const key = `${kind}/${name}`;
    if (seen.has(key)) return [{ pointer: `/definitions/${index}/name`, message: `${key} is there twice; leave one out` }];
    seen.add(key);
    return [];
  });
  if (violations.length > 0) throw new AppError('invalid_input', 'A definition is there twice.', { violations });
}
