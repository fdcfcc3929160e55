import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setUp } from './set-up.mjs';

/** Sets up, then becomes the given program of dist/: in this very process, so that signals reach it and nothing can stay behind. */
export async function runBuilt(program, args) {
  try {
    await setUp();
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
  process.argv = [process.execPath, resolve('dist', program), ...args];
  process.setSourceMapsEnabled(true);
  await import(pathToFileURL(process.argv[1]).href);
}
