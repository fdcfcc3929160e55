import { readFileSync } from 'node:fs';
import { runStep } from './run-step.mjs';
import { compareTree, hashOf, listFiles } from './tree.mjs';

const folders = ['platform', 'services', 'cmdb', 'connectors', 'generated', 'deploy', 'tests'];
const left = /(\.test\.ts|\.d\.ts|\.md|\/\.[^/]*)$|^tests\/house\/fixtures\//;

export const stamp = 'dist/.stamp.json';

/** What dist/ does not have yet. */
export function findUnbuilt() {
  const files = listFiles(folders).filter((file) => !left.test(file));
  const key = hashOf(readFileSync('scripts/build.mjs'), readFileSync('node_modules/@swc/core/package.json'));
  return compareTree(stamp, files, key);
}

/** Brings dist/ up to the sources, file by file. In a process of its own, so that the compiler does not stay in the hub's memory. */
export async function build() {
  const { changed, removed } = findUnbuilt();
  if (changed.length === 0 && removed.length === 0) return;
  await runStep('building', process.execPath, ['scripts/build.mjs']);
}
