import { z } from 'zod';
import { hideInText, isSecretName } from '../log/hide-secrets.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Thrown with every mistake in one readable text; the caller prints the message and exits. */
export class ConfigMistakes extends Error {
  readonly variables: readonly string[];

  constructor(lines: ReadonlyMap<string, string>) {
    const count = lines.size === 1 ? 'a mistake' : `${lines.size} mistakes`;
    super(
      `There ${lines.size === 1 ? 'is' : 'are'} ${count} in the configuration:\n${[...lines.values()].join('\n')}\nSet these variables of the environment and start again.`,
    );
    this.name = 'ConfigMistakes';
    this.variables = [...lines.keys()];
  }
}

/**
 * Reads each part's configuration from the environment. A part's schema is an object (or a pipe from one) whose keys are the variables'
 * names; an empty variable counts as absent. Throws ConfigMistakes.
 */
export function readConfig<Schemas extends Readonly<Record<string, z.ZodType>>>(
  schemas: Schemas,
  env: Environment,
): { [Part in keyof Schemas]: z.output<Schemas[Part]> } {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const mistakes = new Map<string, string>();
  const configs: Record<string, unknown> = {};
  for (const [part, schema] of Object.entries(schemas)) {
    const result = schema.safeParse(given);
    if (result.success) configs[part] = result.data;
    else for (const issue of result.error.issues) explain(issue, schema, given, mistakes);
  }
  if (mistakes.size > 0) throw new ConfigMistakes(mistakes);
  return configs as { [Part in keyof Schemas]: z.output<Schemas[Part]> };
}

export interface Variable {
  name: string;
  description: string | undefined;
  default: unknown;
}

/** The variables that the schemas read, for `--help`: what `.describe()` and `.default()` say of each. */
export function listVariables(schemas: readonly z.ZodType[]): Variable[] {
  const found = new Map<string, Variable>();
  for (const schema of schemas) {
    for (const [name, property] of Object.entries(propertiesOf(schema))) {
      if (!found.has(name)) found.set(name, { name, description: property.description, default: property.default });
    }
  }
  return [...found.values()].sort((one, other) => one.name.localeCompare(other.name));
}

function explain(issue: z.core.$ZodIssue, schema: z.ZodType, given: Record<string, string | undefined>, mistakes: Map<string, string>): void {
  const variable = issue.path.length > 0 ? String(issue.path[0]) : 'the configuration as a whole';
  if (mistakes.has(variable)) return;
  const value = given[variable];
  const description = propertiesOf(schema)[variable]?.description;
  const state = issue.path.length === 0 ? '' : value === undefined ? ' is not set' : ` is ${show(variable, value)}`;
  mistakes.set(variable, `  ${variable}${state}: ${issue.message}${description === undefined ? '' : ` (${description})`}`);
}

function show(variable: string, value: string): string {
  return isSecretName(variable) ? `set (${value.length} characters)` : `"${hideInText(value)}"`;
}

function propertiesOf(schema: z.ZodType): Record<string, { description?: string; default?: unknown }> {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return properties as Record<string, { description?: string; default?: unknown }>;
}
