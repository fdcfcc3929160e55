import type { Command } from 'commander';
import type { ApplyReport, DefinitionHead } from '../../../generated/opora/catalog/v1/catalog.ts';
import { addUrlOption, type HubApi, openHub, ProblemError } from '../hub-api.ts';
import { type ReadDefinition, readDefinitionFiles, type WrittenDefinition, writeDefinitionFiles } from './definition-files.ts';

/** The kinds that a company keeps in files. */
const kinds = ['approval-policies', 'lifecycles', 'priority-matrices'];

export function addConfigCommands(program: Command): void {
  const config = program
    .command('config')
    .description('What people set, as YAML files: to keep it in git, and to carry it from test to production (OPORA_TOKEN)');

  addUrlOption(
    config.command('export').argument('<folder>', 'where the files come').description('Writes every definition that holds into its file'),
  ).action(async (folder: string, { url }: { url: string }) => {
    const paths = await writeDefinitionFiles(folder, await readDefinitions(openHub(url)));
    console.log(`${paths.length} definitions in ${folder}.`);
  });

  addUrlOption(
    config
      .command('diff')
      .argument('<folder>', 'with the files')
      .description('Tells what applying the files would change; ends with 1 when it would be refused'),
  ).action(async (folder: string, { url }: { url: string }) => {
    const { text, refused } = await compareConfig(openHub(url), await readDefinitionFiles(folder));
    console.log(text);
    if (refused) process.exitCode = 1;
  });

  addUrlOption(config.command('apply').argument('<folder>', 'with the files').description('Publishes what differs, all of it or nothing'))
    .option('--comment <text>', 'why, for those who read the versions later')
    .action(async (folder: string, { url, comment }: { url: string; comment?: string }) => {
      console.log(await applyConfig(openHub(url), await readDefinitionFiles(folder), comment));
    });
}

/** Every definition that holds, kind by kind and by name. */
export async function readDefinitions(api: HubApi): Promise<WrittenDefinition[]> {
  const found: WrittenDefinition[] = [];
  for (const kind of kinds) {
    let after: string | undefined;
    do {
      const query = after === undefined ? '' : `&after=${after}`;
      const page = await api.send<{ items: DefinitionHead[]; next?: string }>('GET', `/api/v1/catalog/${kind}?limit=500${query}`);
      for (const { name, version } of page.items) {
        if (version === undefined) continue;
        const { content } = await api.send<{ content: unknown }>('GET', `/api/v1/catalog/${kind}/${name}`);
        found.push({ kind, name, content });
      }
      after = page.next;
    } while (after !== undefined);
  }
  return found;
}

/** What applying the files would change, in lines for people. */
export async function compareConfig(api: HubApi, files: readonly ReadDefinition[]): Promise<{ text: string; refused: boolean }> {
  const { items, changed } = await send(api, files, { dryRun: true });
  const lines = items.flatMap(({ kind, name, outcome, changes, findings }, index) => {
    if (outcome === 'unchanged') return [];
    const told = outcome === 'created' ? [] : changes.map(({ pointer, before, after }) => `  ${pointer}: ${short(before)} → ${short(after)}`);
    const faults = findings.map(({ severity, pointer, message }) => `  ${severity} ${files[index]?.place(pointer)}: ${message.en}`);
    return [`${outcome} ${kind}/${name}`, ...told, ...faults];
  });
  const refused = items.some(({ findings }) => findings.some(({ severity }) => severity === 'error'));
  return {
    text: [...lines, `${changed} of ${items.length} would be published${refused ? ', but some have errors: nothing would be' : ''}.`].join('\n'),
    refused,
  };
}

/** Publishes what differs. Throws an Error that names the line of everything for which nothing was published. */
export async function applyConfig(api: HubApi, files: readonly ReadDefinition[], comment?: string): Promise<string> {
  try {
    const { items, changed } = await send(api, files, { ...(comment !== undefined && { comment }) });
    const told = items
      .filter(({ outcome }) => outcome !== 'unchanged')
      .map(({ kind, name, version }) => `published ${kind}/${name} version ${version}`);
    return [...told, `${changed} of ${items.length} were published.`].join('\n');
  } catch (error) {
    if (!(error instanceof ProblemError) || error.errors.length === 0) throw error;
    const lines = error.errors.map(({ pointer, message }) => {
      const [, index, inner = ''] = /^\/definitions\/(\d+)(?:\/content)?(.*)$/.exec(pointer) ?? [];
      return `  ${index === undefined ? pointer : (files[Number(index)]?.place(inner) ?? pointer)}: ${message}`;
    });
    throw new Error([error.detail, ...lines].join('\n'), { cause: error });
  }
}

function send(api: HubApi, files: readonly ReadDefinition[], options: { dryRun?: boolean; comment?: string }): Promise<ApplyReport> {
  const definitions = files.map(({ kind, name, content }) => ({ kind, name, content }));
  return api.send<ApplyReport>('POST', '/api/v1/catalog:apply', { definitions, ...options });
}

function short(value: unknown): string {
  const text = value === undefined ? '(nothing)' : JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}
