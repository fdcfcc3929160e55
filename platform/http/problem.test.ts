import { AppError, errorKinds } from '../errors/app-error.ts';
import { HttpRefusal, problemKinds, refusalKinds, toProblem } from './problem.ts';

describe('a problem', () => {
  it('has one status for every kind of error', () => {
    const statuses = Object.fromEntries(errorKinds.map((kind) => [kind, toProblem(new AppError(kind, 'x'), {}).problem.status]));
    expect(statuses).toEqual({
      invalid_input: 422,
      unauthenticated: 401,
      not_allowed: 403,
      not_found: 404,
      conflict: 409,
      illegal_state: 409,
      unavailable: 503,
    });
    for (const kind of refusalKinds) {
      expect(toProblem(new HttpRefusal(kind, 'x'), {}).problem).toMatchObject({ type: `/problems/${kind}`, ...problemKinds[kind] });
    }
  });

  it('tells every bad field, the path and the trace', () => {
    const violations = [{ pointer: '/subject', message: 'is needed' }];
    const { problem } = toProblem(new AppError('invalid_input', 'One field does not fit.', { violations }), {
      instance: '/api/v1/tickets',
      traceId: 'abc',
    });
    expect(problem).toEqual({
      type: '/problems/invalid_input',
      title: 'Some of the input does not fit',
      status: 422,
      detail: 'One field does not fit.',
      instance: '/api/v1/tickets',
      traceId: 'abc',
      errors: violations,
    });
  });

  it('is a lost race when a conflict meets If-Match', () => {
    expect(toProblem(new AppError('conflict', 'x'), { conditional: true }).problem).toMatchObject({
      status: 412,
      type: '/problems/precondition_failed',
    });
  });

  it('says when to ask again and how to sign in', () => {
    expect(toProblem(new AppError('unavailable', 'x', { retryAfterSeconds: 1.2 }), {}).headers).toEqual({ 'retry-after': '2' });
    expect(toProblem(new AppError('unavailable', 'x'), {}).headers['retry-after']).toBeDefined();
    expect(toProblem(new AppError('unauthenticated', 'x'), {}).headers['www-authenticate']).toMatch(/^Bearer/);
  });

  it('shows nothing of a bug', () => {
    const { problem } = toProblem(new TypeError('cannot read "password" of undefined'), {});
    expect(problem).toMatchObject({ status: 500, type: '/problems/internal' });
    expect(JSON.stringify(problem)).not.toContain('password');
  });
});
