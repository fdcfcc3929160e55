// Reads `+pid` and `-pid` on stdin. When stdin ends, the process that wrote there is gone: what is still watched is told to stop, and killed after 5 s.
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';

const watched = new Set();

for await (const line of createInterface({ input: process.stdin })) {
  const pid = Number(line.slice(1));
  if (line.startsWith('+')) watched.add(pid);
  else watched.delete(pid);
}

send('SIGTERM');
for (let waited = 0; waited < 5000 && send(0); waited += 50) await setTimeout(50);
send('SIGKILL');

function send(signal) {
  for (const pid of watched) {
    try {
      process.kill(pid, signal);
    } catch {
      watched.delete(pid);
    }
  }
  return watched.size > 0;
}
