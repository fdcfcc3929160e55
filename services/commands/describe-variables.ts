import type { z } from 'zod';
import { listVariables, type Variable } from '../../platform/config/read-config.ts';

/** For `--help`: each section's title with the schemas whose variables stand below it, one line a variable. */
export function describeVariables(sections: Readonly<Record<string, readonly z.ZodType[]>>): string {
  const listed = Object.entries(sections).map(([title, schemas]) => ({ title, variables: listVariables(schemas) }));
  const width = Math.max(...listed.flatMap(({ variables }) => variables.map(({ name }) => name.length)));
  const parts = listed
    .filter(({ variables }) => variables.length > 0)
    .map(({ title, variables }) =>
      [`${title}:`, ...variables.map((variable) => `  ${variable.name.padEnd(width)}  ${explain(variable)}`)].join('\n'),
    );
  return ['', 'Environment', ...parts].join('\n\n');
}

function explain({ description, default: fallback }: Variable): string {
  const known = fallback === undefined || fallback === '' ? '' : `(default: ${String(fallback)})`;
  return [description, known].filter((part) => part !== undefined && part !== '').join(' ');
}
