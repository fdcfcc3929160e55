import type { Grant } from '../rpc/call.ts';

/** A grant as the directory's contract has it. */
interface ToldGrant {
  permission: string;
  where?: object;
  condition?: string;
  without: readonly string[];
}

/** A grant as principals have it: what names nothing is left out. */
export function grantOf({ permission, where = {}, condition, without }: ToldGrant): Grant {
  return {
    permission,
    where: Object.fromEntries(Object.entries(where as Grant['where']).filter(([, values]) => values.length > 0)),
    ...(condition !== undefined && { condition }),
    ...(without.length > 0 && { without }),
  };
}
