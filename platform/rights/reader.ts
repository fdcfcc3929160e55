import type { Principal } from '../rpc/call.ts';
import type { Facts, Variables } from '../rules/shape.ts';

/** Where whoever asks belongs, as conditions of rights may ask it. It travels with the principal. */
export interface ReaderFacts {
  roles: readonly string[];
  personId?: string;
  organizationId?: string;
  departmentId?: string;
  siteId?: string;
  teamIds: readonly string[];
}

/** What conditions call `me`. */
export const readerVariables = {
  me: {
    fields: {
      id: 'string',
      roles: 'list<string>',
      personId: 'string?',
      organizationId: 'string?',
      departmentId: 'string?',
      siteId: 'string?',
      teamIds: 'list<string>',
    },
  },
} satisfies Variables;

export function readerOf({ id, about }: Principal): Facts {
  return { me: { ...(about ?? { roles: [], teamIds: [] }), id } };
}
