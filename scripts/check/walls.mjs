// dependency-cruiser over all of our TypeScript; fails also when it saw less than the tree has (it then reports "no violations").
import { createRequire } from 'node:module';
import { cruise } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { listFiles } from '../set-up/tree.mjs';

const folders = ['platform', 'services', 'cmdb', 'connectors', 'generated', 'deploy', 'tests'];
const configuration = createRequire(import.meta.url)('../../.dependency-cruiser.cjs');
const expected = listFiles(folders).filter((file) => file.endsWith('.ts') && !file.startsWith('tests/house/fixtures/'));

const { options, ...ruleSet } = configuration;
const { output } = await cruise(expected, { ...options, ruleSet, validate: true }, undefined, {
  tsConfig: extractTSConfig(options.tsConfig.fileName),
});

const seen = new Set(output.modules.map((module) => module.source));
const unseen = expected.filter((file) => !seen.has(file));
for (const { rule, from, to } of output.summary.violations) {
  const { comment } = configuration.forbidden.find(({ name }) => name === rule.name);
  console.log(`${rule.name}: ${from} → ${to}\n    ${comment}`);
}
for (const file of unseen) console.log(`not cruised: ${file}`);
console.log(`${output.summary.violations.length} broken walls in ${seen.size} modules`);
process.exitCode = output.summary.violations.length + unseen.length === 0 ? 0 : 1;
