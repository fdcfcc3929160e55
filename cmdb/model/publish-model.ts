import { AppError } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import type { Statement } from '../../platform/postgres/sql.ts';
import { type Call, may, type Principal } from '../../platform/rpc/call.ts';
import { authorOf } from '../author.ts';
import { compareModels } from '../domain/model/compare-models.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { decidePublish } from '../domain/model/decide-publish.ts';
import type { Findings } from '../domain/model/judge-items.ts';
import type { Migration } from '../domain/model/migration.ts';
import { followModel } from '../reminders/keep-reminders.ts';
import { unmasking } from '../rights/rights.ts';
import { insertModelVersion, type ModelVersionState } from './model-store.ts';
import type { Models, VersionedModel } from './models.ts';

/** What use cases that change the model stand on. */
export interface ModelParts {
  database: Database;
  models: Models;
  /** Tells those who work on tests and migrations that there is something to do. */
  wake(): void;
}

export interface WantedVersion {
  base: number;
  current: VersionedModel;
  after: CompiledModel;
  migrations: Migration[];
  tested: Findings;
  acceptInvalid: boolean;
  note?: string;
}

/** What is to be written for the next version to hold. Refuses as `decidePublish` does. */
export function publishModel(wanted: WantedVersion, call: Call): { version: ModelVersionState; statements: Statement[] } {
  const { base, current, after, migrations, tested, acceptInvalid, note } = wanted;
  decidePublish({ base, current: current.version, before: current, losses: compareModels(current, after), tested, acceptInvalid });
  requireUnmasking(call.principal, current, after, migrations);
  const version: ModelVersionState = {
    version: current.version + 1,
    definition: after.definition,
    migrations,
    ...(note !== undefined && { note }),
    publishedAt: call.now,
    ...authorOf(call),
    ...(migrations.length === 0 && { migratedAt: call.now }),
    migratedItems: 0,
    onceSensitive: [...current.sensitive].filter((name) => !isDeclared(after, name)),
  };
  return { version, statements: [insertModelVersion(version), ...followModel(current, after, version.version, call.now)] };
}

/** What may not be seen cannot be made visible either: neither by another word of the model nor under another name. Throws AppError `not_allowed`. */
function requireUnmasking(principal: Principal, current: CompiledModel, after: CompiledModel, migrations: readonly Migration[]): void {
  if (may(principal, unmasking)) return;
  const shown = [...current.sensitive].filter((name) => isDeclared(after, name) && !after.sensitive.has(name));
  const moved = migrations.flatMap((one) =>
    one.kind === 'renameAttribute' && current.sensitive.has(one.attribute) && !after.sensitive.has(one.to) ? [one.attribute] : [],
  );
  const names = [...new Set([...shown, ...moved])];
  if (names.length === 0) return;
  throw new AppError('not_allowed', `${names.join(', ')} would not be sensitive any more: this needs the permission ${unmasking}.`);
}

function isDeclared({ classes }: CompiledModel, attribute: string): boolean {
  return [...classes.values()].some(({ attributes }) => attributes.has(attribute));
}

/** Once it is written, this process knows the new version before anybody hears of it. */
export async function tellPublished<Answer>(committed: Promise<Answer>, { models, wake }: ModelParts): Promise<Answer> {
  const answer = await committed;
  await models.newest().catch(() => undefined); // it is published all the same; the next who asks is told
  wake();
  return answer;
}
