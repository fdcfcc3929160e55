import { createLogger } from './logger.ts';

function logged(write: (log: ReturnType<typeof createLogger>) => void): Record<string, unknown> {
  const lines: string[] = [];
  write(createLogger({ level: 'debug', stream: { write: (line) => void lines.push(line) } }));
  return JSON.parse(lines[0] ?? '{}') as Record<string, unknown>;
}

describe('the log', () => {
  it('is one JSON object a line, with time and level by name', () => {
    const line = logged((log) => log.child({ service: 'sla' }).info({ aggregate: 'a1' }, 'clock started'));
    expect(line).toMatchObject({ level: 'info', service: 'sla', aggregate: 'a1', msg: 'clock started' });
    expect(line['time']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it.each([
    ['a field that is called so', { password: 'hunter2hunter2' }],
    ['a header', { headers: { authorization: 'Bearer hunter2hunter2', cookie: 'opora_session=hunter2hunter2' } }],
    ['a token inside a text', { url: '/ingest/x?token=hunter2hunter2' }],
    ['an API token anywhere', { note: 'they sent opora_hunter2hunter2hunter2hunter2hunter2' }],
  ])('never shows a secret: %s', (_, fields) => {
    expect(JSON.stringify(logged((log) => log.warn(fields, 'seen')))).not.toContain('hunter2');
  });

  it('tells what went wrong and why, and leaves out what a driver hangs on its errors', () => {
    const failure = Object.assign(new Error('connection lost', { cause: new Error('reset by peer') }), {
      code: '57P01',
      client: { password: 'x', statements: 'select …' },
    });
    const { err } = logged((log) => log.error({ err: failure }, 'a query failed')) as { err: Record<string, unknown> };
    expect(err).toMatchObject({ message: 'connection lost', code: '57P01', cause: { message: 'reset by peer' } });
    expect(Object.keys(err)).not.toContain('client');
  });
});
