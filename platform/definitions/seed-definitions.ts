import type { Clock } from '../clock/clock.ts';
import { isAppError } from '../errors/app-error.ts';
import type { DefinitionName, VersionState } from './definition.ts';
import { insertVersion, readNewest } from './definition-store.ts';
import type { DefinitionParts } from './definitions.ts';

/**
 * Publishes as version 1 what comes with the program and is not there: at the first start, and whatever a newer program brings. What people made of it stays.
 * It is not checked: what it speaks of may be known to services that do not run yet.
 */
export async function seedDefinitions(
  { database, announce }: Pick<DefinitionParts, 'database' | 'announce'>,
  shipped: readonly (DefinitionName & { content: unknown })[],
  clock: Clock,
): Promise<void> {
  const missing: VersionState[] = [];
  for (const definition of shipped) {
    if ((await readNewest(database, definition)) > 0) continue;
    missing.push({ ...definition, version: 1, publishedAt: clock.now(), actorId: 'opora', actorName: 'Opora' });
  }
  if (missing.length === 0) return;
  try {
    await database.commit({ statements: missing.map(insertVersion), events: missing.map(announce) });
  } catch (error) {
    // Another process that started at the same moment has done it.
    const [first] = missing;
    if (!isAppError(error, 'conflict') || !first || (await readNewest(database, first)) === 0) throw error;
  }
}
