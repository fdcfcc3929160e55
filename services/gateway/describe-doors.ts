type Paths = Readonly<Record<string, Readonly<Record<string, object>>>>;

const refusals = (...statuses: number[]) => Object.fromEntries(statuses.map((status) => [status, { $ref: `#/components/responses/${status}` }]));
const json = (schema: object) => ({ 'application/json': { schema } });
const text = { type: 'string' };

const session = {
  type: 'object',
  properties: {
    id: { type: 'string', format: 'uuid' },
    expiresAt: { type: 'string', format: 'date-time' },
    me: { $ref: '#/components/schemas/opora.directory.v1.Me' },
  },
  required: ['id', 'expiresAt', 'me'],
};

const ingested = {
  type: 'object',
  description: 'What was stored, and how many alerts of it began, were known and ended.',
  properties: { eventId: text, opened: { type: 'integer' }, repeated: { type: 'integer' }, resolved: { type: 'integer' } },
};

/** The doors that are not calls of the contract, described beside those that are. */
const doors: Paths = {
  '/api/v1/sessions': {
    post: {
      operationId: 'signIn',
      tags: ['sessions'],
      summary: 'Signs in with login and password',
      description:
        'The answer sets the cookie opora_session. After ten failures of one login, or a hundred from one network, the next ones wait: 429 with Retry-After.',
      security: [],
      requestBody: {
        required: true,
        content: json({
          type: 'object',
          properties: { login: { type: 'string', maxLength: 100 }, password: { type: 'string', maxLength: 200 } },
          required: ['login', 'password'],
          additionalProperties: false,
        }),
      },
      responses: { 201: { description: 'Signed in.', content: json(session) }, ...refusals(400, 401, 403, 415, 422, 429, 503) },
    },
  },
  '/api/v1/sessions/current': {
    delete: {
      operationId: 'signOut',
      tags: ['sessions'],
      summary: 'Ends the session of the cookie',
      responses: {
        200: {
          description: 'Signed out; the browser can end its session with the provider too, there.',
          content: json({ type: 'object', properties: { providerUrl: text }, required: ['providerUrl'] }),
        },
        204: { description: 'Signed out.' },
        ...refusals(401, 403, 503),
      },
    },
  },
  '/sign-in/{provider}': {
    get: {
      operationId: 'signInByProvider',
      tags: ['sessions'],
      summary: 'Leads a browser to a provider of OpenID Connect, which sends it back to /sign-in/{provider}/callback',
      security: [],
      parameters: [
        { name: 'provider', in: 'path', required: true, schema: { type: 'string', examples: ['corporate'] } },
        { name: 'return', in: 'query', description: 'The path of the hub that is shown in the end.', schema: text },
      ],
      responses: { 303: { description: 'To the provider.' }, ...refusals(404, 429, 503) },
    },
  },
  '/api/v1/stream': {
    get: {
      operationId: 'followEvents',
      tags: ['stream'],
      summary: 'Follows events as they are announced',
      description: 'Server-sent events, described in /api/asyncapi.json: what the reader may see. A comment every 15 s shows that the stream lives.',
      parameters: [{ name: 'Last-Event-ID', in: 'header', description: 'Goes on after this event; without it, from now on.', schema: text }],
      responses: {
        200: { description: 'A stream without end.', content: { 'text/event-stream': { schema: text } } },
        ...refusals(400, 401, 429, 503),
      },
    },
  },
  '/ingest/{source}': {
    post: {
      operationId: 'ingest',
      tags: ['ingest'],
      summary: 'Takes what a monitoring system sends, in its own payload',
      description:
        'Needs `monitoring.ingest`. The token comes as Bearer, as the password of HTTP Basic, or as `?token=`. 200 means that it is durable; what will pass is always answered 503.',
      parameters: [
        { name: 'source', in: 'path', required: true, schema: { type: 'string', examples: ['alertmanager'] } },
        { name: 'token', in: 'query', description: 'For senders that can send no header.', schema: text },
      ],
      requestBody: { required: true, content: json({ type: 'object' }) },
      responses: { 200: { description: 'Stored.', content: json(ingested) }, ...refusals(401, 403, 404, 413, 422, 503) },
    },
  },
};

export function describeDoors(openapi: object): object {
  const { paths, security, components, ...rest } = openapi as { paths: Paths; security: object[]; components: { securitySchemes: object } };
  const cookie = {
    type: 'apiKey',
    in: 'cookie',
    name: 'opora_session',
    description: 'The session of a browser; changes are taken from our own pages only.',
  };
  return {
    ...rest,
    security: [...security, { session: [] }],
    paths: { ...paths, ...doors },
    components: { ...components, securitySchemes: { ...components.securitySchemes, session: cookie } },
  };
}
