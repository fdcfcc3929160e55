import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';

const bin = (name) => `node_modules/.bin/${name}`;

/** Longest first: they run side by side. */
const checks = [
  { name: 'promises and switches', command: [bin('eslint'), '.'], mend: 'await the promise or handle its error; name the missing case' },
  {
    name: 'types',
    command: [bin('tsc'), '--noEmit', '--incremental', '--tsBuildInfoFile', '.cache/types.tsbuildinfo', '-p', '.'],
    mend: 'npx tsc --noEmit -p .',
  },
  { name: 'walls', command: ['node', 'scripts/check/walls.mjs'], mend: 'each rule of .dependency-cruiser.cjs says the way out' },
  { name: 'dead code', command: [bin('knip')], mend: 'delete what nobody uses' },
  { name: 'contracts', command: ['node', 'scripts/check/contracts.mjs'], mend: 'mend proto/; a released field or method is never taken away' },
  { name: 'format and lint', command: [bin('biome'), 'check', '--error-on-warnings', '.'], mend: 'npx biome check --write .' },
];

/** Runs every check and prints one line each, and all that a failed one said. Gives the names of those that passed and failed. */
export async function runChecks() {
  const waiting = [...checks];
  const passed = [];
  const failed = [];
  const work = async () => {
    for (let check = waiting.shift(); check; check = waiting.shift()) {
      const started = Date.now();
      const { ok, output } = await run(check.command);
      const seconds = ((Date.now() - started) / 1000).toFixed(1);
      console.log(`${ok ? 'ok    ' : 'FAILED'} ${check.name} (${seconds} s)`);
      if (!ok) console.log(`${output.trimEnd()}\n  To mend it: ${check.mend}\n`);
      (ok ? passed : failed).push(check.name);
    }
  };
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, work));
  return { passed, failed };
}

function run([command, ...args]) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' });
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.on('error', (error) => resolve({ ok: false, output: String(error) }));
    child.on('close', (code) => resolve({ ok: code === 0, output: Buffer.concat(output).toString() }));
  });
}
