// Makes generated/ out of proto/: types, tokens, schemas, routes, OpenAPI and AsyncAPI. Runs in a fresh clone, before anything is built.
// `node scripts/generate.mjs [FOLDER]`: the folder has proto/, buf.yaml and buf.gen.yaml, and gets generated/; tests give one of their own.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformFileSync } from '@swc/core';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = resolve(process.argv[2] ?? root);
const cache = join(folder, '.cache');

copyGoogleApi();
compileGenerator();
rmSync(join(cache, 'generated'), { recursive: true, force: true });
const { status } = spawnSync(join(root, 'node_modules/.bin/buf'), ['generate'], { cwd: folder, stdio: 'inherit' });
// What proto/ said last stays in place until all of proto/ is right again.
if (status === 0) {
  rmSync(join(folder, 'generated'), { recursive: true, force: true });
  renameSync(join(cache, 'generated'), join(folder, 'generated'));
}
process.exitCode = status ?? 1;

// buf has no network here: the two files that we import of Google's come from npm.
function copyGoogleApi() {
  for (const file of ['google/api/annotations.proto', 'google/api/http.proto']) {
    const target = join(cache, 'proto', file);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(root, 'node_modules/google-proto-files', file), target);
  }
}

// Node 20 cannot run TypeScript, so the plugin is stripped of its types first.
function compileGenerator() {
  const source = join(root, 'platform/contract/generator');
  const target = join(cache, 'generator');
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  for (const name of readdirSync(source).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))) {
    const { code } = transformFileSync(join(source, name), {
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022', rewriteRelativeImportExtensions: true },
      module: { type: 'es6' },
    });
    writeFileSync(join(target, name.replace(/\.ts$/, '.js')), code);
  }
}
