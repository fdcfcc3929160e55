import './set-up/check-node.mjs';
import './set-up/end-with-npm.mjs';
import { fileURLToPath } from 'node:url';
import { build } from './set-up/build.mjs';
import { generateContract } from './set-up/generate.mjs';
import { installPackages } from './set-up/install.mjs';

/** Everything between a fresh clone and code that can run; what is already done is skipped. */
export async function setUp() {
  await prepareSources();
  await build();
}

/** Everything between a fresh clone and sources that can be checked. */
export async function prepareSources() {
  process.chdir(fileURLToPath(new URL('..', import.meta.url)));
  await installPackages();
  await generateContract();
}
