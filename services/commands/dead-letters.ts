import type { Command } from 'commander';
import type { DeadLetter, DeadLetterList } from '../../generated/opora/operations/v1/operations.ts';
import { addUrlOption, type HubApi, openHub } from './hub-api.ts';

export function addDeadLetterCommands(program: Command): void {
  const letters = program.command('dead-letters').description('Events that a service could not handle (OPORA_TOKEN needs operations.manage)');

  addUrlOption(letters.command('list').description('Lists those of a service that wait, oldest first').argument('<service>', 'like sla')).action(
    async (service: string, { url }: { url: string }) => {
      let count = 0;
      for await (const letter of readAll(openHub(url), service)) {
        console.log(describeLetter(letter));
        count++;
      }
      console.error(count === 0 ? `Nothing waits in ${service}.` : `${count} waiting in ${service}.`);
    },
  );

  addSettling(letters, 'replay', 'Handles one once more, or all that wait; each has its effect once, however often this is asked', 'replayed');
  addSettling(letters, 'discard', 'Gives one up, or all that wait: they will have no effect', 'discarded');
}

function addSettling(letters: Command, verb: 'replay' | 'discard', description: string, past: string): void {
  addUrlOption(letters.command(verb).description(description).argument('<service>', 'like sla').argument('[id]', 'of the dead letter'))
    .option('--all', 'all that wait, instead of one')
    .action(async (service: string, id: string | undefined, { url, all }: { url: string; all?: boolean }) => {
      if ((id === undefined) === (all !== true))
        throw new Error(`Name one dead letter by its id (\`opora dead-letters list ${service}\`), or say --all.`);
      const api = openHub(url);
      const ids = id === undefined ? [] : [id];
      if (all) for await (const letter of readAll(api, service)) ids.push(letter.id);
      let failed = 0;
      for (const one of ids) {
        try {
          await api.send('POST', `${pathOf(service)}/${encodeURIComponent(one)}/${verb}`, {});
          console.log(`${one} ${past}`);
        } catch (error) {
          failed++;
          console.error(`${one} not ${past}: ${(error as Error).message}`);
        }
      }
      if (ids.length === 0) console.error(`Nothing waits in ${service}.`);
      if (failed > 0) process.exitCode = 1;
    });
}

const pathOf = (service: string) => `/api/v1/operations/${encodeURIComponent(service)}/dead-letters`;

async function* readAll(api: HubApi, service: string): AsyncGenerator<DeadLetter> {
  for (let after: string | undefined; ; ) {
    const query = new URLSearchParams({ limit: '500', ...(after !== undefined && { after }) });
    const { items, next } = await api.send<DeadLetterList>('GET', `${pathOf(service)}?${query}`);
    yield* items;
    if (next === undefined) return;
    after = next;
  }
}

const describeLetter = ({ id, failedAt, subscription, type, key, reason }: DeadLetter) =>
  `${id}  ${failedAt}  ${subscription}  ${type}  ${key}\n    ${reason.replaceAll('\n', '\n    ')}`;
