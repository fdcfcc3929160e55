import { runChecks } from './check/run-checks.mjs';
import { setUp } from './set-up.mjs';

try {
  await setUp(); // the build too: scripts and test set-up import from it, and walls see where imports lead
  const { failed } = await runChecks();
  if (failed.length > 0) console.log(`Failed: ${failed.join(', ')}`);
  process.exitCode = failed.length === 0 ? 0 : 1;
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
