import { AppError } from '../../platform/errors/app-error.ts';
import type { ProjectionKeeper, ProjectionStatus } from './keep-projection.ts';
import type { Space } from './projection.ts';

/** One projection among several that know nothing of each other: each hears all events by itself. */
export interface Replica {
  space: Space;
  keeper: ProjectionKeeper;
}

/** A projection that may answer now, or why there is none. */
export type ChooseSpace<Chosen extends Space = Space> = () => { space: Chosen; note?: undefined } | { space?: undefined; note: string };

/** The fresh ones, each in its turn. */
export function chooseSpace<Chosen extends Space>(
  replicas: readonly { space: Chosen; keeper: Pick<ProjectionKeeper, 'status'> }[],
): ChooseSpace<Chosen> {
  let turn = 0;
  return () => {
    const fresh = replicas.filter(({ keeper }) => keeper.status().state === 'fresh');
    const chosen = fresh[turn++ % Math.max(1, fresh.length)];
    return chosen ? { space: chosen.space } : { note: describeStale(replicas.map(({ keeper }) => keeper.status())) };
  };
}

/** Of all together: as good as the best of them. */
export function bestOf(statuses: readonly ProjectionStatus[]): Pick<ProjectionStatus, 'state' | 'detail'> {
  const order = ['fresh', 'behind', 'rebuilding', 'down'] as const;
  for (const state of order) {
    const found = statuses.find((status) => status.state === state);
    if (found) return { state, ...(found.detail !== undefined && { detail: found.detail }) };
  }
  return { state: 'down' };
}

/** The one of this name; the first when none is named. Throws AppError `invalid_input`. */
export function findReplica(replicas: readonly Replica[], name: string | undefined): Replica {
  if (replicas.length === 0)
    throw new AppError('illegal_state', 'Here the records themselves answer for the graph: there is no projection to rebuild or to compare.');
  const names = replicas.map(({ keeper }) => keeper.status().name);
  const found = replicas[name === undefined ? 0 : names.indexOf(name)];
  if (found) return found;
  const violations = [{ pointer: '/replica', message: `must be one of ${names.join(', ')}` }];
  throw new AppError('invalid_input', `There is no replica "${name}".`, { violations });
}

function describeStale(statuses: readonly ProjectionStatus[]): string {
  const [only] = statuses;
  if (statuses.length === 1 && only) return `The projection is ${only.state}.`;
  return `No projection is fresh: ${statuses.map(({ name, state }) => `${name} is ${state}`).join(', ')}.`;
}
