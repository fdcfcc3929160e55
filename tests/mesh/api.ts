/** A small client of the hub's HTTP interface, as a neighbouring system would write one. */
export interface Answer<Body = Record<string, unknown>> {
  status: number;
  headers: Headers;
  body: Body;
}

export interface Api {
  readonly url: string;
  as(token: string): Api;
  get<Body = Record<string, unknown>>(path: string, headers?: Record<string, string>): Promise<Answer<Body>>;
  post<Body = Record<string, unknown>>(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer<Body>>;
  patch<Body = Record<string, unknown>>(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer<Body>>;
  /** Sends the body as it is. */
  send(method: string, path: string, body: string | Uint8Array | undefined, headers?: Record<string, string>): Promise<Answer>;
}

export function createApi(url: string, token: string): Api {
  async function send<Body>(
    method: string,
    path: string,
    body: string | Uint8Array | undefined,
    headers: Record<string, string> = {},
  ): Promise<Answer<Body>> {
    const response = await fetch(url + path, {
      method,
      headers: { ...(token !== '' && { authorization: `Bearer ${token}` }), ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : Buffer.from(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, body: (isJson && text !== '' ? JSON.parse(text) : text) as Body };
  }
  const json = { 'content-type': 'application/json' };
  return {
    url,
    as: (other) => createApi(url, other),
    send,
    get: (path, headers) => send('GET', path, undefined, headers),
    post: (path, body, headers) => send('POST', path, JSON.stringify(body), { ...json, ...headers }),
    patch: (path, body, headers) => send('PATCH', path, JSON.stringify(body), { ...json, ...headers }),
  };
}

/** Asks until the answer is there; throws with the last one when it does not come in time. */
export async function eventually<Value>(ask: () => Promise<Value | undefined | false>, { within = 20_000, every = 50 } = {}): Promise<Value> {
  const end = Date.now() + within;
  let problem: unknown;
  for (;;) {
    try {
      const value = await ask();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      problem = error;
    }
    if (Date.now() > end) throw new Error(`It did not happen within ${within} ms.`, { cause: problem });
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}
