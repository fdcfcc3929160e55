import type { Command } from 'commander';
import type { CreateTokenRequest, Token } from '../../generated/opora/directory/v1/directory.ts';
import { type Account, addUrlOption, inSession, openHub } from './hub-api.ts';
import { readExpiry } from './read-expiry.ts';

interface TokenOptions {
  url: string;
  login: string;
  password?: string;
  name: string;
  scope?: string[];
  expires?: string;
}

export function addTokenCommand(program: Command): void {
  addUrlOption(
    program
      .command('token')
      .description('Makes an API token and prints it: the only time that it is ever shown')
      .requiredOption('--name <text>', 'what it is for: "Prometheus, data centre 1"')
      .option('--scope <permission...>', 'permissions that it is narrowed to; all of the account when there is none')
      .option('--expires <when>', 'how long it holds (90d, 12h) or until when (2027-01-31T00:00:00Z); for ever when not given')
      .option('--login <login>', 'account to sign in with (OPORA_LOGIN)', process.env['OPORA_LOGIN'] || 'admin')
      .option('--password <password>', 'its password (better by OPORA_PASSWORD: others see what stands in a command)'),
  )
    .addHelpText(
      'after',
      '\nWithout a password it asks as the holder of OPORA_TOKEN.\n\nExample:\n  opora token --name Prometheus --scope monitoring.ingest --expires 365d',
    )
    .action(async (options: TokenOptions) => {
      const { secret, scopes, expiresAt } = await makeToken(options);
      console.error(
        `For ${scopes.length === 0 ? 'all that the account may do' : scopes.join(', ')}, ${expiresAt ? `until ${expiresAt}` : 'for ever'}:`,
      );
      console.log(secret);
    });
}

async function makeToken({ url, login, password = process.env['OPORA_PASSWORD'], name, scope = [], expires }: TokenOptions): Promise<Token> {
  const wanted: CreateTokenRequest = { name, scopes: scope, ...(expires !== undefined && { expiresAt: readExpiry(expires, Date.now()) }) };
  const account: Account | undefined = password ? { login, password } : undefined;
  if (account) return inSession(url, account, (api) => api.send('POST', '/api/v1/tokens', wanted));
  if (!process.env['OPORA_TOKEN']) throw new Error(`Set OPORA_PASSWORD to the password of "${login}", or OPORA_TOKEN to a token that you have.`);
  return openHub(url).send('POST', '/api/v1/tokens', wanted);
}
