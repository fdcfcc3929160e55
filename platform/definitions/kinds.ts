import type { Contract } from '../contract/contract.ts';
import { AppError } from '../errors/app-error.ts';
import type { DefinitionKind, DefinitionName, Finding } from './definition.ts';

/** The kinds of a service, and what is asked of their contents. */
export interface Kinds {
  /** Throws AppError `not_found` for a kind that the service does not declare. */
  find(kind: string): DefinitionKind;
  /** All that is wrong with a content: what does not fit its schema, else what its kind finds. `together` is what is to be published with it. */
  check(definition: DefinitionName, content: unknown, together?: readonly DefinitionName[]): Promise<readonly Finding[]>;
  /** A content that fits its schema as its TypeScript type says: lists and maps that are not there are empty. */
  read(kind: string, content: unknown): unknown;
  /** Throws AppError `invalid_input` with everything for which the content cannot be published. */
  refuseErrors(definition: DefinitionName, content: unknown): Promise<void>;
}

export function declareKinds(
  kinds: readonly DefinitionKind[],
  contract: Pick<Contract, 'violations' | 'encode' | 'decode'>,
  readNames: (kind: string) => Promise<ReadonlySet<string>>,
): Kinds {
  const byName = new Map(kinds.map((kind) => [kind.kind, kind]));

  function find(name: string): DefinitionKind {
    const kind = byName.get(name);
    if (!kind) throw new AppError('not_found', `There is no kind "${name}" here. There are: ${[...byName.keys()].join(', ')}.`);
    return kind;
  }

  function read(kind: string, content: unknown): unknown {
    const { message } = find(kind);
    return contract.decode(message, contract.encode(message, content as object));
  }

  async function check({ kind }: DefinitionName, content: unknown, together: readonly DefinitionName[] = []): Promise<readonly Finding[]> {
    const declared = find(kind);
    const misfits = contract.violations(declared.message, content);
    if (misfits.length > 0) {
      return misfits.map(({ pointer, message }) => ({ severity: 'error', pointer, message: { ru: `Не по форме: ${message}`, en: message } }));
    }
    return declared.check(read(kind, content), {
      readNames: async (of) => new Set([...(await readNames(of)), ...together.flatMap((other) => (other.kind === of ? [other.name] : []))]),
    });
  }

  return {
    find,
    read,
    check,
    async refuseErrors(definition, content) {
      const errors = (await check(definition, content)).filter(({ severity }) => severity === 'error');
      if (errors.length === 0) return;
      const violations = errors.map(({ pointer, message }) => ({ pointer: `/content${pointer}`, message: message.en }));
      throw new AppError('invalid_input', `"${definition.name}" has errors and cannot be published: mend them in the draft.`, { violations });
    },
  };
}
