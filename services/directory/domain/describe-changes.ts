/** What became of one field. Of a secret there is neither before nor after. */
export interface Change {
  field: string;
  before?: unknown;
  after?: unknown;
}

/** What is otherwise in `after`, of the named fields; without `before` all that is there now. A field that is absent has no key in its change. */
export function describeChanges<State extends object>(before: State | undefined, after: State, fields: readonly (keyof State & string)[]): Change[] {
  return fields.flatMap((field): Change[] => {
    const [was, is] = [before?.[field], after[field]];
    if (JSON.stringify(was) === JSON.stringify(is)) return [];
    return [{ field, ...(was !== undefined && { before: was }), ...(is !== undefined && { after: is }) }];
  });
}
