import { runBuilt } from './run-built.mjs';

await runBuilt('tests/load/main.js', process.argv.slice(2));
