import { writeFileSync } from 'node:fs';
import { runStep } from './run-step.mjs';
import { compareTree, listFiles } from './tree.mjs';

const sources = ['proto', 'platform/contract/generator', 'buf.yaml', 'buf.gen.yaml', 'scripts/generate.mjs'];
const stamp = 'generated/.stamp.json';

/** Makes generated/ anew when a contract or the generator changed. */
export async function generateContract() {
  const { changed, removed, stamped } = compareTree(stamp, listFiles(sources), '');
  if (changed.length === 0 && removed.length === 0) return;
  await runStep('generating the contract', process.execPath, ['scripts/generate.mjs']);
  writeFileSync(stamp, stamped);
}
