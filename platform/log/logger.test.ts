import { inSpan, startTracing } from '../telemetry/tracing.ts';
import { humanLine } from './human-line.ts';
import { createLogger } from './logger.ts';

function openLog(level: 'info' | 'debug' = 'info') {
  const lines: string[] = [];
  return { log: createLogger({ level, stream: { write: (line) => lines.push(line) } }), lines };
}

describe('the log', () => {
  const token = `opora_${'Ab3-_'.repeat(8)}`;

  it('has one JSON object a line, with time, level, service and what it is about', () => {
    const { log, lines } = openLog();
    log.child({ service: 'tickets' }).info({ aggregate: 'T-1' }, 'ticket created');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      service: 'tickets',
      aggregate: 'T-1',
      msg: 'ticket created',
    });
  });

  it('carries the trace of what runs', async () => {
    const tracing = await startTracing({ serviceName: 'test', exported: false });
    const { log, lines } = openLog();
    const context = await inSpan('work', {}, (span) => {
      log.info('within');
      return span.spanContext();
    });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ traceId: context.traceId, spanId: context.spanId });
    await tracing.stop();
  });

  it.each([
    ['a field', { password: 'hunter22' }],
    ['a number', { pin: { password: 12_345_678 } }],
    ['a header, however deep', { request: { headers: { Authorization: 'Bearer hunter22', 'set-cookie': ['a=hunter22', 'b=12345678'] } } }],
    ['an object', { credentials: { user: 'hunter22', key: '12345678' } }],
    ['an error', { err: Object.assign(new Error('login with password=hunter22 failed'), { config: { apiKey: '12345678' } }) }],
    ['a URL', { url: 'postgresql://opora:hunter22@db/opora?token=12345678' }],
    ['JSON in text', { body: JSON.stringify({ user: 'a', password: 'hunter22', refresh_token: '12345678' }) }],
    ['JSON in JSON in text', { body: JSON.stringify(JSON.stringify({ secret: 'hunter22' })) }],
    ['a raw request', { raw: 'POST / HTTP/1.1\r\nCookie: sid=hunter22; x=12345678\r\nAuthorization: Basic aHVudGVyMjI6MTIzNDU2Nzg=' }],
    ['the mesh key', { OPORA_MESH_KEY: 'hunter22', 'opora-mesh-key': '12345678' }],
  ])('hides the secret of %s', (_, fields) => {
    const { log, lines } = openLog();
    log.info(fields, 'something happened');
    expect(lines[0]).toContain('something happened');
    expect(lines[0]).toContain('[hidden]');
    expect(lines[0]).not.toMatch(/hunter22|12345678|aHVudGVy/);
  });

  it('hides API tokens wherever they stand', () => {
    const { log, lines } = openLog();
    log.child({ from: token }).warn({ path: `/ingest/x?y=${token}`, list: [token] }, `refused ${token}`);
    expect(lines[0]).toContain('refused opora_[hidden]');
    expect(lines[0]).not.toContain(token.slice(6));
  });

  it('leaves alone what only sounds like a secret', () => {
    const { log, lines } = openLog();
    log.info({ schema: 'opora_tickets', key: 'PUMP-4', tokenCount: 3, keyboard: 'ok' }, 'the token was refused');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ schema: 'opora_tickets', key: 'PUMP-4', tokenCount: 3, msg: 'the token was refused' });
  });

  it('is short for a person at a terminal, and shows an error’s stack', () => {
    const { log, lines } = openLog();
    log.child({ service: 'sla' }).error({ err: new Error('no clock'), ticket: 'INC-1' }, 'cannot start');
    const text = humanLine(lines[0] ?? '');
    expect(text).toMatch(/^\d\d:\d\d:\d\d\.\d{3} ERROR sla +cannot start ticket=INC-1\nError: no clock\n +at /);
  });
});
