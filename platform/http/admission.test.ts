import { AppError } from '../errors/app-error.ts';
import { createAdmission, networkOf } from './admission.ts';
import { HttpRefusal } from './problem.ts';

const limits = { bodyBytes: 100, inFlight: 2, heldBytes: 100, perPrincipal: 3, perAddress: 2 };

describe('admission', () => {
  it('lets in as many as there are places, and again when one has left', () => {
    const admission = createAdmission(limits);
    const leave = admission.enter();
    admission.enter();
    expect(() => admission.enter()).toThrow(AppError);
    leave();
    leave();
    admission.enter();
    expect(() => admission.enter()).toThrow(AppError);
  });

  it('holds no more bytes than it may, and forgets those that are released', () => {
    const admission = createAdmission(limits);
    const one = admission.hold();
    one.grow(60);
    const other = admission.hold();
    expect(() => other.grow(60)).toThrow(AppError);
    one.release();
    one.release();
    other.grow(60);
    expect(() => other.grow(60)).toThrow(AppError);
  });

  it('counts each principal for itself, and says when to come back', async () => {
    const admission = createAdmission(limits);
    for (let times = 0; times < 3; times++) await admission.count({ principal: 'a' });
    await admission.count({ principal: 'b' });
    const refused = await admission.count({ principal: 'a' }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(HttpRefusal);
    expect(refused).toMatchObject({ kind: 'too_many_requests', headers: { 'retry-after': '10' } });
  });

  it('counts an IPv6 network as one address', async () => {
    const admission = createAdmission(limits);
    await admission.count({ address: '2001:db8:1:2::1' });
    await admission.count({ address: '2001:db8:1:2:ffff::7' });
    await expect(admission.count({ address: '2001:db8:1:2::9' })).rejects.toBeInstanceOf(HttpRefusal);
    await admission.count({ address: '2001:db8:1:3::9' });
    expect(networkOf('::1')).toBe('0:0:0:0::/64');
    expect(networkOf('10.1.2.3')).toBe('10.1.2.3');
    expect(networkOf('::ffff:10.1.2.3')).toBe('::ffff:10.1.2.3');
  });
});
