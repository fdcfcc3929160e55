import { runBuilt } from './run-built.mjs';

await runBuilt('deploy/mesh/main.js', process.argv.slice(2));
