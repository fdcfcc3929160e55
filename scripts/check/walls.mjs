// dependency-cruiser over all TypeScript of the folder given, or of the project; fails also when it saw less than the tree has.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cruise } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { listFiles } from '../set-up/tree.mjs';

const configuration = createRequire(import.meta.url)('../../.dependency-cruiser.cjs');
const folders = ['platform', 'services', 'cmdb', 'connectors', 'generated', 'deploy', 'tests'];

const [base = '.'] = process.argv.slice(2);
process.chdir(base);
const expected = listFiles(folders).filter((file) => file.endsWith('.ts') && !file.startsWith('tests/house/fixtures/'));

const { options, ...ruleSet } = configuration;
const { output } = await cruise(
  folders.filter((folder) => existsSync(folder)),
  { ...options, ruleSet, validate: true },
  undefined,
  { tsConfig: extractTSConfig(options.tsConfig.fileName) },
);

const { violations } = output.summary;
for (const { rule, from, to } of violations) {
  const { comment } = configuration.forbidden.find(({ name }) => name === rule.name);
  console.log(`${rule.name}: ${from} → ${to}\n    ${comment}`);
}
// With a TypeScript too new for it, dependency-cruiser sees no module, and so no violation.
const seen = new Set(output.modules.map((module) => module.source));
const unseen = expected.filter((file) => !seen.has(file));
for (const file of unseen) console.log(`not-cruised: ${file}`);
console.log(`${violations.length} broken walls in ${expected.length - unseen.length} of ${expected.length} files`);
process.exitCode = violations.length + unseen.length === 0 && expected.length > 0 ? 0 : 1;
