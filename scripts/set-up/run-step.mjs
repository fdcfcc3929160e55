import { spawn } from 'node:child_process';

/**
 * Runs a command quietly. A step that lasts longer than a second says so on stderr, with the seconds on a terminal;
 * one that fails shows all that it printed. Ctrl+C ends it with us: it is in our process group.
 */
export async function runStep(title, command, args, { env = process.env } = {}) {
  const started = Date.now();
  const seconds = () => ((Date.now() - started) / 1000).toFixed(1);
  const live = process.stderr.isTTY;
  let shown = false;
  const ticker = setInterval(() => {
    if (live) process.stderr.write(`\r\x1b[K${title} … ${seconds()} s`);
    else if (!shown) process.stderr.write(`${title} …\n`);
    shown = true;
  }, 1000);
  try {
    await runQuietly(title, command, args, env);
  } finally {
    clearInterval(ticker);
    if (shown) process.stderr.write(`${live ? '\r\x1b[K' : ''}${title}: ${seconds()} s\n`);
  }
}

function runQuietly(title, command, args, env) {
  return new Promise((resolve, reject) => {
    // On Windows npm is a .cmd file, which only a shell starts.
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' && command === 'npm' });
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    const forward = (signal) => child.kill(signal);
    process.once('SIGTERM', forward);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.off('SIGTERM', forward);
      if (code === 0) return resolve();
      reject(new Error(`${Buffer.concat(output)}${title} failed (${signal ?? `code ${code}`})`));
    });
  });
}
