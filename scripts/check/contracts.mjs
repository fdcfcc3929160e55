// buf lint, and buf breaking against the last release tag, when there is one.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync } from 'node:fs';

const run = (command, ...args) => spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;
const buf = (...args) => run('node_modules/.bin/buf', ...args);

const { stdout } = spawnSync('git', ['describe', '--tags', '--abbrev=0', '--match', 'v*'], { encoding: 'utf8' });
const tag = stdout?.trim();

const lints = buf('lint');
const keeps = !tag || (exportReleased(tag) && buf('breaking', '--against', '.cache/released'));
process.exitCode = lints && keeps ? 0 : 1;

// The released proto/ beside today's copy of Google's files, which git does not have.
function exportReleased(release) {
  rmSync('.cache/released', { recursive: true, force: true });
  mkdirSync('.cache/released', { recursive: true });
  cpSync('.cache/proto', '.cache/released/.cache/proto', { recursive: true });
  return (
    run('git', 'archive', '--output', '.cache/released/proto.tar', release, 'buf.yaml', 'proto') &&
    run('tar', '-xf', '.cache/released/proto.tar', '-C', '.cache/released')
  );
}
