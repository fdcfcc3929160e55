// Watch mode: builds what changed and starts the hub again.
import { spawn } from 'node:child_process';
import { existsSync, watch } from 'node:fs';
import { setUp } from './set-up.mjs';

const folders = ['proto', 'platform', 'services', 'cmdb', 'connectors'];
let hub;
let timer;
let restarting;

process.on('SIGINT', () => hub?.kill('SIGINT'));
process.on('SIGTERM', () => hub?.kill('SIGTERM'));

await restart();
for (const folder of folders.filter((name) => existsSync(name))) {
  watch(folder, { recursive: true }, () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      restarting = (restarting ?? Promise.resolve()).then(restart);
    }, 200);
  });
}

// A mistake in the sources leaves the hub that runs as it is.
async function restart() {
  try {
    await setUp();
  } catch (error) {
    return console.error(error.message);
  }
  await stop();
  const child = spawn(process.execPath, ['--enable-source-maps', 'dist/services/main.js', 'start', ...process.argv.slice(2)], { stdio: 'inherit' });
  hub = child;
  // The hub ends by itself only when it was told to (Ctrl+C) or cannot run.
  child.on('close', (code) => {
    if (hub === child) process.exit(code ?? 0);
  });
}

async function stop() {
  const old = hub;
  hub = undefined;
  if (!old || old.exitCode !== null) return;
  await new Promise((resolve) => {
    old.on('close', resolve);
    old.kill('SIGINT');
  });
}
