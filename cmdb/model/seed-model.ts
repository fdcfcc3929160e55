import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import type { NewId } from '../../platform/clock/clock.ts';
import { isAppError } from '../../platform/errors/app-error.ts';
import type { Changes, Database } from '../../platform/postgres/database.ts';
import { compileModel } from '../domain/model/compile-model.ts';
import { diffModels } from '../domain/model/diff-models.ts';
import type { ModelDefinition } from '../domain/model/model.ts';
import { proposeShipped } from '../domain/model/propose-shipped.ts';
import { insertDraft } from './draft-store.ts';
import { insertModelVersion, insertShipped, isKnownShipped, readLastShipped, readModelVersion, readNewestVersion } from './model-store.ts';
import { readPacks } from './read-packs.ts';

export interface SeedParts {
  database: Database;
  newId: NewId;
  /** Epoch milliseconds. */
  now: number;
  log: Logger;
  /** The model that comes with the program; its packs unless told. */
  shipped?: ModelDefinition;
}

/** At the first start the model that comes with the program becomes version 1; later a newer one is proposed as a draft, once. */
export async function seedModel({ database, newId, now, log, shipped: told }: SeedParts): Promise<void> {
  const shipped = told ?? (await readPacks());
  const hash = createHash('sha256').update(JSON.stringify(shipped)).digest('hex');
  if (await isKnownShipped(database, hash)) return;
  const version = await readNewestVersion(database);
  const changes = version === 0 ? begin() : await propose(version);
  if (!changes) return;
  try {
    await database.commit({ ...changes, statements: [...(changes.statements ?? []), insertShipped(hash, shipped, now)] });
  } catch (error) {
    // Another process that started at the same moment has done it.
    if (!isAppError(error, 'conflict') || !(await isKnownShipped(database, hash))) throw error;
  }

  function begin(): Changes {
    compileModel(shipped);
    const by = { actorId: 'opora', actorName: 'Opora' };
    const state = { ...by, version: 1, definition: shipped, migrations: [], publishedAt: now, migratedAt: now, migratedItems: 0 };
    return { statements: [insertModelVersion(state)] };
  }

  async function propose(base: number): Promise<Changes | undefined> {
    const [current, last] = await Promise.all([readModelVersion(database, base), readLastShipped(database)]);
    if (!current) return undefined;
    const definition = proposeShipped({ current: current.definition, before: last?.definition ?? current.definition, now: shipped });
    if (diffModels(current.definition, definition).length === 0) return {};
    try {
      compileModel(definition);
    } catch (error) {
      log.warn(
        { err: error },
        'the newer model that comes with this program does not go together with what was made of the old one; it is not proposed',
      );
      return undefined;
    }
    const note = 'Новая модель, поставленная с программой / A newer model that came with the program';
    const made = { id: newId(now), base, version: 1, createdAt: now, updatedAt: now, updatedBy: 'Opora' };
    return { statements: [insertDraft({ ...made, definition, migrations: [], note })] };
  }
}
