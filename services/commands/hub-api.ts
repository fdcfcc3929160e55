import type { Command } from 'commander';

export interface HubApi {
  /** Sends JSON; gives the answer's JSON. Throws an Error whose message a person can act on. */
  send<Answer>(method: string, path: string, body?: object): Promise<Answer>;
}

export interface Account {
  login: string;
  password: string;
}

export const defaultUrl = 'http://127.0.0.1:8080';

/** `--url` of every command that asks a running hub. */
export function addUrlOption(command: Command): Command {
  return command.option('--url <url>', 'where the hub answers (OPORA_URL)', process.env['OPORA_URL'] || defaultUrl);
}

/** As the holder of OPORA_TOKEN. */
export function openHub(url: string): HubApi {
  const token = process.env['OPORA_TOKEN'];
  if (!token) throw new Error('Set OPORA_TOKEN to an API token. `opora token` makes one.');
  return createApi(url, { authorization: `Bearer ${token}` });
}

/** As the account, in a session that ends with `work`. */
export async function inSession<Result>(url: string, { login, password }: Account, work: (api: HubApi) => Promise<Result>): Promise<Result> {
  const response = await ask(url, '/api/v1/sessions', { method: 'POST', headers: json, body: JSON.stringify({ login, password }) });
  await readAnswer(response);
  const cookie = response.headers.getSetCookie().map((line) => line.split(';')[0]);
  // A session changes something only for the hub's own pages, so it says whose page this would be.
  const api = createApi(url, { cookie: cookie.join('; '), origin: new URL(url).origin });
  try {
    return await work(api);
  } finally {
    await api.send('DELETE', '/api/v1/sessions/current');
  }
}

const json = { 'content-type': 'application/json' };

function createApi(url: string, headers: Record<string, string>): HubApi {
  return {
    async send<Answer>(method: string, path: string, body?: object) {
      const response = await ask(url, path, { method, headers: { ...headers, ...(body && json) }, ...(body && { body: JSON.stringify(body) }) });
      return (await readAnswer(response)) as Answer;
    },
  };
}

async function ask(url: string, path: string, init: RequestInit): Promise<Response> {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new Error(`"${url}" is no address of a hub. It looks like ${defaultUrl}.`);
  try {
    return await fetch(new URL(path, url), { ...init, redirect: 'manual' });
  } catch (error) {
    const { cause } = error as Error;
    const reason = cause instanceof Error && cause.message !== '' ? ` (${cause.message})` : '';
    throw new Error(`No hub answers at ${url}${reason}. Start it with \`npm start\`, or say where it is with --url.`, { cause: error });
  }
}

interface Problem {
  title?: string;
  detail?: string;
  errors?: readonly { pointer: string; message: string }[];
}

async function readAnswer(response: Response): Promise<unknown> {
  const text = await response.text();
  const answer = parse(text);
  if (response.ok) {
    if (text !== '' && answer === undefined) throw new Error(`${response.url} answered with something that is no JSON: it is no hub.`);
    return answer;
  }
  const { title, detail, errors = [] } = (answer ?? {}) as Problem;
  const told = detail ?? title ?? `${response.url} answered with ${response.status} and no reason: it may be no hub.`;
  throw new ProblemError(told, errors);
}

/** What the hub says against a request. */
export class ProblemError extends Error {
  readonly detail: string;
  readonly errors: readonly { pointer: string; message: string }[];

  constructor(detail: string, errors: readonly { pointer: string; message: string }[]) {
    super([detail, ...errors.map(({ pointer, message }) => `  ${pointer}: ${message}`)].join('\n'));
    this.detail = detail;
    this.errors = errors;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
