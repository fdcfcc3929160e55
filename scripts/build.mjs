// Brings dist/ up to the sources: TypeScript without its types, everything else (SQL, JSON, pages) beside it as it stands.
import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { transformFile } from '@swc/core';
import { findUnbuilt, stamp } from './set-up/build.mjs';

const { changed, removed, stamped } = findUnbuilt();

for (const file of removed) {
  rmSync(target(file), { force: true });
  rmSync(`${target(file)}.map`, { force: true });
}
const failures = (await Promise.allSettled(changed.map((file) => (file.endsWith('.ts') ? compile(file) : copy(file))))).filter(
  ({ status }) => status === 'rejected',
);
for (const { reason } of failures) console.error(reason.message.split('\nCaused by:')[0].trim());
if (failures.length === 0) place(stamp, stamped);
else process.exitCode = 1;

async function compile(file) {
  const { code, map } = await transformFile(file, {
    configFile: false,
    swcrc: false,
    sourceMaps: true,
    sourceRoot: `${process.cwd()}/`,
    jsc: {
      target: 'es2023',
      parser: { syntax: 'typescript' },
      transform: { verbatimModuleSyntax: true },
      rewriteRelativeImportExtensions: true,
    },
    module: { type: 'es6' },
  });
  const to = target(file);
  place(`${to}.map`, map);
  place(to, `${code}//# sourceMappingURL=${basename(to)}.map\n`);
}

async function copy(file) {
  mkdirSync(dirname(target(file)), { recursive: true });
  cpSync(file, target(file));
}

// Put in place whole, so that a process which starts meanwhile never reads half a file.
function place(file, content) {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, content);
  renameSync(draft, file);
}

function target(file) {
  return join('dist', file.replace(/\.ts$/, '.js'));
}
