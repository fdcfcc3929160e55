import { LRUCache } from 'lru-cache';
import type { CatalogService, Definition, DefinitionName } from '../../../generated/opora/catalog/v1/catalog.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import type { CallOptions, Client } from '../../../platform/rpc/call.ts';
import type { Parts } from '../../../platform/service/define-service.ts';
import { insertKnownVersions, type KnownVersion, readKnownVersion, readNewestVersions } from '../storage/known-store.ts';

type Kind = DefinitionName['kind'];
export type Catalog = Pick<Client<CatalogService>, 'getDefinition' | 'getVersion'>;

/** Definitions of one kind, ready to be used: each version is made ready once. */
export interface Known<Ready> {
  /** The version that a new ticket begins with. AppError `not_found` when the catalogue has none of this name. */
  newest(name: string): Promise<Ready>;
  newestVersion(name: string): Promise<number>;
  find(name: string, version: number): Promise<Ready>;
}

/**
 * Tickets' copies of what the catalogue published. What was heard of, or asked for once, is known without asking anybody, also after a restart: while the
 * catalogue is down, the last known version holds.
 */
export interface KnownDefinitions {
  /** `ready` makes of a content what is decided by. */
  of<Ready extends object>(kind: Kind, ready: (known: KnownVersion) => Ready): Known<Ready>;
  /** Asks the catalogue for a version; gives what is to be stored of it. From then on new tickets here begin with it. */
  learn(definition: Omit<KnownVersion, 'content'>, options: CallOptions): Promise<KnownVersion>;
  /** Whether a kind is one that tickets works by. */
  follows(kind: string): boolean;
}

/** Milliseconds that the catalogue is waited for, when something is asked for the first time. */
const patience = 5_000;
/** How long, in milliseconds, the newest versions are taken to hold before the records are asked: another process may have heard of a newer one. */
const freshFor = 1_000;

export async function knowDefinitions({
  database,
  catalog,
  within,
}: {
  database: Database;
  catalog: Catalog;
  within: Parts['within'];
}): Promise<KnownDefinitions> {
  const newest = new Map<string, number>();
  const followed = new Set<string>();
  let askedAt = 0;

  const note = ({ kind, name, version }: Omit<KnownVersion, 'content'>) =>
    newest.set(`${kind}/${name}`, Math.max(version, newest.get(`${kind}/${name}`) ?? 0));

  async function refresh(): Promise<void> {
    askedAt = performance.now();
    for (const version of await readNewestVersions(database)) note(version);
  }
  await refresh();

  async function learn({ kind, name, version }: Omit<KnownVersion, 'content'>, options: CallOptions): Promise<KnownVersion> {
    const known = toKnown(await catalog.getVersion({ kind: kind as Kind, name, number: String(version) }, options));
    note(known);
    return known;
  }

  async function store(known: KnownVersion): Promise<KnownVersion> {
    await database.commit({ statements: [insertKnownVersions([known])] });
    return known;
  }

  return {
    learn,
    follows: (kind) => followed.has(kind),
    of(kind, ready) {
      followed.add(kind);
      const made = new LRUCache<string, ReturnType<typeof ready>>({ max: 500 });

      async function find(name: string, version: number) {
        const key = `${name}/${version}`;
        const found = made.get(key);
        if (found) return found;
        const wanted = { kind, name, version };
        const one = ready((await readKnownVersion(database, wanted)) ?? (await store(await learn(wanted, within(patience)))));
        made.set(key, one);
        return one;
      }

      /** Of what nothing was heard yet, the catalogue is asked, this once. */
      async function newestVersion(name: string): Promise<number> {
        // Nobody waits for this; and what a batch reads could be taken back.
        if (performance.now() - askedAt > freshFor && !database.isInTransaction()) void refresh().catch(() => undefined);
        const known = newest.get(`${kind}/${name}`);
        if (known !== undefined) return known;
        const met = await store(toKnown(await catalog.getDefinition({ kind, name }, within(patience))));
        note(met);
        return met.version;
      }

      return { find, newestVersion, newest: async (name) => find(name, await newestVersion(name)) };
    },
  };
}

function toKnown({ kind, name, version, content }: Definition): KnownVersion {
  return { kind, name, version, content: JSON.parse(content) };
}
