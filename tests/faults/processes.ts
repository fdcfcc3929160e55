import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface Process {
  pid: number;
  parent: number;
  command: string;
}

/** Everything that a process has started and that still runs, down to the last; itself not among them. */
export async function listDescendants(pid: number): Promise<Process[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,args='], { maxBuffer: 16 * 1024 * 1024 });
  const all = stdout.split('\n').flatMap((line): Process[] => {
    const [, own, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return own !== undefined && parent !== undefined && command !== undefined ? [{ pid: Number(own), parent: Number(parent), command }] : [];
  });
  const below = (parent: number): Process[] => all.filter((each) => each.parent === parent).flatMap((each) => [each, ...below(each.pid)]);
  return below(pid);
}

/** A process that has ended and was not yet waited for counts as gone: it holds nothing. */
export async function findAlive(pids: readonly number[]): Promise<Process[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,stat=,args='], { maxBuffer: 16 * 1024 * 1024 });
  return stdout.split('\n').flatMap((line): Process[] => {
    const [, own, parent, state, command] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    const pid = Number(own);
    return own !== undefined && pids.includes(pid) && !state?.startsWith('Z') ? [{ pid, parent: Number(parent), command: command ?? '' }] : [];
  });
}
