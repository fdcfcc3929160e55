import { Command } from 'commander';
import { addAuditCommands } from './commands/audit.ts';
import { addBackupCommands } from './commands/backup.ts';
import { addCmdbCommands } from './commands/cmdb.ts';
import { addConfigCommands } from './commands/config/config.ts';
import { addDeadLetterCommands } from './commands/dead-letters.ts';
import { describeVariables } from './commands/describe-variables.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addTokenCommand } from './commands/token.ts';
import { listSchemas, startHub } from './start-hub.ts';

const program = new Command('opora').description('ITSM integration hub and CMDB mesh').exitOverride();

program
  .command('start')
  .description('Starts the hub: all services in this process, or those that are named')
  .option('--services <names>', 'services to run here, with commas between them (OPORA_SERVICES)')
  .option('--engines <set>', 'embedded or mesh (OPORA_ENGINES)')
  .addHelpText('after', () => describeVariables(listSchemas()))
  .action((options: { services?: string; engines?: string }) => startHub(options));
addDoctorCommand(program);
addTokenCommand(program);
addBackupCommands(program);
addCmdbCommands(program);
addDeadLetterCommands(program);
addAuditCommands(program);
addConfigCommands(program);

try {
  await program.parseAsync();
} catch (error) {
  const code = typeof error === 'object' && error !== null && 'exitCode' in error ? Number(error.exitCode) : 1;
  if (!(error instanceof Error && error.name === 'CommanderError')) console.error(error instanceof Error ? error.message : error);
  process.exitCode = code;
}
