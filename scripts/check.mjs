import { runChecks } from './check/run-checks.mjs';
import { prepareSources } from './set-up.mjs';

try {
  await prepareSources();
  const { failed } = await runChecks();
  if (failed.length > 0) console.log(`Failed: ${failed.join(', ')}`);
  process.exitCode = failed.length === 0 ? 0 : 1;
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
