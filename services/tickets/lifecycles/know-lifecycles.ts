import type { Lifecycle as LifecycleContent } from '../../../generated/opora/catalog/v1/lifecycle.ts';
import type { Contract } from '../../../platform/contract/contract.ts';
import { AppError, isAppError } from '../../../platform/errors/app-error.ts';
import { readShape } from '../../../platform/rules/read-shape.ts';
import { ruleLanguage } from '../../../platform/rules/rule-language.ts';
import type { Known, KnownDefinitions } from '../definitions/know-definitions.ts';
import { compileLifecycle, type Lifecycle } from '../domain/lifecycle.ts';
import type { TicketState, TicketType } from '../domain/ticket.ts';

/** Lifecycles by which tickets live. */
export interface Lifecycles extends Pick<Known<Lifecycle>, 'find' | 'newestVersion'> {
  /** The version with which a new ticket of the type begins. AppError `invalid_input` at `/lifecycle` when there is no such lifecycle for it. */
  forNew(type: TicketType, name?: string): Promise<Lifecycle>;
  /** The version that a ticket stays with. */
  of(ticket: Pick<TicketState, 'lifecycle' | 'lifecycleVersion'>): Promise<Lifecycle>;
  /** Compiles what nobody stored: a draft. */
  compile(name: string, content: unknown): Lifecycle;
}

const message = 'opora.catalog.v1.Lifecycle';

export function knowLifecycles(definitions: KnownDefinitions, contract: Pick<Contract, 'schema' | 'encode' | 'decode'>): Lifecycles {
  const compileCondition = ruleLanguage(readShape(contract, 'opora.tickets.v1.LifecycleFacts').variables).condition;
  const compile = (name: string, content: unknown, version = 0) =>
    compileLifecycle(name, version, contract.decode(message, contract.encode(message, content as object)) as LifecycleContent, compileCondition);
  const { find, newest, newestVersion } = definitions.of('lifecycles', ({ name, version, content }) => compile(name, content, version));

  return {
    find,
    newestVersion,
    compile,
    of: ({ lifecycle, lifecycleVersion }) => find(lifecycle, lifecycleVersion),
    async forNew(type, name = type) {
      const lifecycle = await newest(name).catch((error: unknown) => {
        throw isAppError(error, 'not_found') ? refuse(`There is no lifecycle "${name}".`) : error;
      });
      if (!lifecycle.content.ticketTypes.includes(type)) throw refuse(`The lifecycle "${name}" is not for tickets of the type ${type}.`);
      return lifecycle;
    },
  };
}

function refuse(text: string): AppError {
  return new AppError('invalid_input', text, { violations: [{ pointer: '/lifecycle', message: `${text} Name another, or leave it out.` }] });
}
