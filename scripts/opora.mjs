#!/usr/bin/env node
import { runBuilt } from './run-built.mjs';

await runBuilt('services/main.js', process.argv.slice(2));
