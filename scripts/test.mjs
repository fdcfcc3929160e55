// Set-up, every check, every test. Its last line is always `N passed, N failed` (and `, N skipped`); a check counts as a test.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { runChecks } from './check/run-checks.mjs';
import { setUp } from './set-up.mjs';

// Tests that start whole hubs have the machine to themselves, one after the other: what they measure is whether a hub keeps its promises, not which waits for which.
const wholeHubs = ['/tests/mesh/', '/tests/faults/'];
const passes = [
  ['--testPathIgnorePatterns', '/node_modules/', '/fixtures/', ...wholeHubs],
  ['--runInBand', ...wholeHubs],
];

const report = `.cache/jest-${process.pid}.json`;
const total = { passed: 0, failed: 0, skipped: [] };

try {
  await setUp();
  // `npm test -- platform/bus` is for the work on one place: only those tests, and no check.
  const wanted = process.argv.slice(2);
  if (wanted.length === 0) {
    const checks = await runChecks();
    total.passed += checks.passed.length;
    total.failed += checks.failed.length;
  }
  for (const args of wanted.length > 0 ? [wanted] : passes) {
    await runJest(args);
    countTests();
  }
} catch (error) {
  console.error(error.message);
  total.failed += 1;
}

for (const name of total.skipped) console.log(`skipped: ${name}`);
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped.length > 0 ? `, ${total.skipped.length} skipped` : ''}`);
process.exitCode = total.failed === 0 ? 0 : 1;

function runJest(args) {
  const options = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const child = spawn(process.execPath, [...options, 'node_modules/jest/bin/jest.js', '--json', '--outputFile', report, ...args], {
    // jest's workers are processes of their own.
    env: { ...process.env, NODE_OPTIONS: [process.env.NODE_OPTIONS, ...options].join(' ').trim() },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  // Ctrl+C reaches jest by itself, and it stops its engines; we wait for it.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => (signal ? reject(new Error(`jest ended with ${signal}`)) : resolve(code)));
  });
}

function countTests() {
  if (!existsSync(report)) throw new Error('The test runner ended before it could report.');
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, testResults } = JSON.parse(readFileSync(report, 'utf8'));
  rmSync(report);
  total.passed += numPassedTests;
  total.failed += numFailedTests + numRuntimeErrorTestSuites;
  const notRun = new Set(['pending', 'skipped', 'todo', 'disabled']);
  for (const { assertionResults } of testResults) {
    for (const { status, fullName } of assertionResults) if (notRun.has(status)) total.skipped.push(fullName);
  }
}
