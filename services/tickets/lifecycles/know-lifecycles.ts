import { LRUCache } from 'lru-cache';
import type { CatalogService, Definition } from '../../../generated/opora/catalog/v1/catalog.ts';
import type { Lifecycle as LifecycleContent } from '../../../generated/opora/catalog/v1/lifecycle.ts';
import type { Contract } from '../../../platform/contract/contract.ts';
import { AppError, isAppError } from '../../../platform/errors/app-error.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import type { CallOptions, Client } from '../../../platform/rpc/call.ts';
import { conditionLanguage } from '../../../platform/rules/condition.ts';
import { readShape } from '../../../platform/rules/read-shape.ts';
import type { Parts } from '../../../platform/service/define-service.ts';
import { compileLifecycle, type Lifecycle } from '../domain/lifecycle.ts';
import type { TicketState, TicketType } from '../domain/ticket.ts';
import { insertKnownVersions, type KnownVersion, readKnownVersion, readNewestVersions } from '../storage/lifecycle-store.ts';

export type Catalog = Pick<Client<CatalogService>, 'getDefinition' | 'getVersion'>;

export interface LifecycleParts {
  database: Database;
  catalog: Catalog;
  within: Parts['within'];
  contract: Pick<Contract, 'schema' | 'encode' | 'decode'>;
}

/** Lifecycles by which tickets live, each version compiled once. What was asked for once is known without asking anybody, also after a restart. */
export interface Lifecycles {
  /** The version with which a new ticket of the type begins. AppError `invalid_input` at `/lifecycle` when there is no such lifecycle for it. */
  newest(type: TicketType, name?: string): Promise<Lifecycle>;
  /** The version that a ticket stays with. */
  of(ticket: Pick<TicketState, 'lifecycle' | 'lifecycleVersion'>): Promise<Lifecycle>;
  find(name: string, version: number): Promise<Lifecycle>;
  /** The number of the newest version that is known. */
  newestVersion(name: string): Promise<number>;
  /** Asks the catalogue for a version; gives what is to be stored of it. From then on new tickets here begin with it. */
  learn(name: string, version: number, options: CallOptions): Promise<KnownVersion>;
  /** Compiles what nobody stored: a draft. */
  compile(name: string, content: LifecycleContent): Lifecycle;
}

export const kind = 'lifecycles';
const message = 'opora.catalog.v1.Lifecycle';
/** Milliseconds that the catalogue is waited for, when something is asked for the first time. */
const patience = 5_000;
/** How long, in milliseconds, the newest versions are taken to hold before the records are asked: another process may have heard of a newer one. */
const freshFor = 1_000;

export async function knowLifecycles({ database, catalog, within, contract }: LifecycleParts): Promise<Lifecycles> {
  const compiled = new LRUCache<string, Lifecycle>({ max: 500 });
  const newest = new Map<string, number>();
  const compileCondition = conditionLanguage(readShape(contract, 'opora.tickets.v1.LifecycleFacts').variables);
  let askedAt = performance.now();

  const compile = (name: string, content: LifecycleContent, version = 0) =>
    compileLifecycle(name, version, contract.decode(message, contract.encode(message, content)) as LifecycleContent, compileCondition);

  function keep({ name, version, content }: KnownVersion): Lifecycle {
    const lifecycle = compile(name, content, version);
    compiled.set(`${name}/${version}`, lifecycle);
    return lifecycle;
  }

  const note = (name: string, version: number) => newest.set(name, Math.max(version, newest.get(name) ?? 0));

  async function refresh(): Promise<void> {
    askedAt = performance.now();
    for (const { name, version } of await readNewestVersions(database)) note(name, version);
  }
  await refresh();

  async function learn(name: string, version: number, options: CallOptions): Promise<KnownVersion> {
    const known = toKnown(await catalog.getVersion({ kind, name, number: String(version) }, options));
    keep(known);
    note(name, version);
    return known;
  }

  async function find(name: string, version: number): Promise<Lifecycle> {
    const found = compiled.get(`${name}/${version}`);
    if (found) return found;
    const known = (await readKnownVersion(database, name, version)) ?? (await store(await learn(name, version, within(patience))));
    return keep(known);
  }

  async function store(known: KnownVersion): Promise<KnownVersion> {
    await database.commit({ statements: [insertKnownVersions([known])] });
    return known;
  }

  /** A lifecycle that nothing was heard of: the catalogue is asked, this once. */
  async function meet(name: string): Promise<number> {
    try {
      const known = await store(toKnown(await catalog.getDefinition({ kind, name }, within(patience))));
      note(name, known.version);
      return known.version;
    } catch (error) {
      if (!isAppError(error, 'not_found')) throw error;
      throw refuse(`There is no lifecycle "${name}".`);
    }
  }

  return {
    find,
    newestVersion: async (name) => newest.get(name) ?? meet(name),
    learn,
    compile,
    of: ({ lifecycle, lifecycleVersion }) => find(lifecycle, lifecycleVersion),
    async newest(type, name = type) {
      // Nobody waits for this; and what a batch reads could be taken back.
      if (performance.now() - askedAt > freshFor && !database.isInTransaction()) void refresh().catch(() => undefined);
      const lifecycle = await find(name, newest.get(name) ?? (await meet(name)));
      if (!lifecycle.content.ticketTypes.includes(type)) throw refuse(`The lifecycle "${name}" is not for tickets of the type ${type}.`);
      return lifecycle;
    },
  };
}

function toKnown({ name, version, content }: Definition): KnownVersion {
  return { name, version, content: JSON.parse(content) };
}

function refuse(text: string): AppError {
  return new AppError('invalid_input', text, { violations: [{ pointer: '/lifecycle', message: `${text} Name another, or leave it out.` }] });
}
