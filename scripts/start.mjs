import { runBuilt } from './run-built.mjs';

await runBuilt('services/main.js', ['start', ...process.argv.slice(2)]);
