import { spawnSync } from 'node:child_process';

export interface ToolRun {
  failed: boolean;
  output: string;
}

/** Runs one of the tools that `npm run check` runs, and gives what it said. */
export function runTool(command: string, args: readonly string[], options: { cwd?: string; input?: string } = {}): ToolRun {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' }, ...options });
  if (error) throw error;
  return { failed: status !== 0, output: `${stdout}${stderr}` };
}
