import { Command } from 'commander';
import { startHub } from './start-hub.ts';

const program = new Command('opora').description('ITSM integration hub and CMDB mesh');

program
  .command('start')
  .description('Starts the hub: all services in this process, or those that are named')
  .option('--services <names>', 'services to run here, with commas between them (OPORA_SERVICES)')
  .option('--engines <set>', 'embedded or mesh (OPORA_ENGINES)')
  .action((options: { services?: string; engines?: string }) => startHub(options));

program.exitOverride();
try {
  await program.parseAsync();
} catch (error) {
  const code = typeof error === 'object' && error !== null && 'exitCode' in error ? Number(error.exitCode) : 1;
  if (!(error instanceof Error && error.name === 'CommanderError')) console.error(error instanceof Error ? error.message : error);
  process.exitCode = code;
}
