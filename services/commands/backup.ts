import type { Command } from 'commander';
import { copyCluster, restoreCluster } from '../../platform/postgres/cold-copy.ts';

export function addBackupCommands(program: Command): void {
  const folder = (command: Command) =>
    command.option('--data <folder>', 'folder of the hub’s data (OPORA_DATA)', process.env['OPORA_DATA'] || './.opora');

  folder(
    program
      .command('backup')
      .description('Copies the database of a hub that does not run into a .tar.gz')
      .argument('<file>', 'must not be there yet'),
  ).action(async (file: string, { data }: { data: string }) => {
    requireOwnDatabase();
    const { bytes } = await copyCluster(data, file);
    console.log(`${file}: ${(bytes / 1_000_000).toFixed(1)} MB. It holds all data and secrets of the hub: keep it as carefully as the hub.`);
  });

  folder(program.command('restore').description('Puts such a copy into an empty data folder').argument('<file>', 'made by opora backup')).action(
    async (file: string, { data }: { data: string }) => {
      requireOwnDatabase();
      await restoreCluster(data, file);
      console.log(`Restored into ${data}. Start the hub on it with OPORA_DATA=${data} npm start.`);
    },
  );
}

function requireOwnDatabase(): void {
  if (process.env['OPORA_DATABASE_URL'])
    throw new Error('OPORA_DATABASE_URL names a PostgreSQL of your own: back it up as you do your others (pg_dump). This copies the embedded one.');
}
