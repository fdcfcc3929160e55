import type { Command } from 'commander';
import { checkBinaries, checkDisk, checkFolder, checkNode, checkPort, checkTime } from './doctor-checks.ts';

/** What one look found. `bad`: the hub would not start, or would not work; `note`: worth knowing. */
export interface Finding {
  state: 'good' | 'note' | 'bad';
  what: string;
  wayOut?: string;
}

const signs = { good: 'ok  ', note: 'note', bad: 'BAD ' } as const;

export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('Looks whether the hub can run here, and says what to do where it cannot; ends with 1 then')
    .addHelpText(
      'after',
      '\nIt looks with the settings that the hub would have: OPORA_DATA, OPORA_HOST, OPORA_PORT, OPORA_DATABASE_URL.\nIt changes nothing but PostgreSQL’s own links and copies, which a start would make too.',
    )
    .action(async () => {
      const findings = await examine(process.env, Date.now());
      for (const finding of findings) console.log(describeFinding(finding));
      const bad = findings.filter(({ state }) => state === 'bad').length;
      console.log(bad === 0 ? 'The hub can run here.' : `${bad} to be put right before the hub can run here.`);
      if (bad > 0) process.exitCode = 1;
    });
}

export function describeFinding({ state, what, wayOut }: Finding): string {
  return `${signs[state]}  ${what}${wayOut === undefined ? '' : `\n      → ${wayOut}`}`;
}

/** With the environment that the hub would have. */
export async function examine(env: NodeJS.ProcessEnv, now: number): Promise<Finding[]> {
  const dataDir = env['OPORA_DATA'] || './.opora';
  const host = env['OPORA_HOST'] || '127.0.0.1';
  const port = env['OPORA_PORT'] || '8080';
  const folder = await checkFolder(dataDir);
  return [
    checkNode(process.version),
    ...folder,
    await checkPort(host, port),
    await (env['OPORA_DATABASE_URL']
      ? { state: 'note', what: 'PostgreSQL: the one that OPORA_DATABASE_URL names; the embedded one is not used' }
      : checkBinaries(dataDir)),
    await checkDisk(dataDir),
    checkTime(now),
  ];
}
