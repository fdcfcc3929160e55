import { checkPassword } from './password-rules.ts';

const about = ['i.petrova', 'Ирина Петрова', 'petrova@example.org'];
const isGood = (password: string) => checkPassword(password, about, '/password').length === 0;

describe('a password', () => {
  it.each(['корректная лошадь', 'correct horse battery', 'wF7!kq-22-zz', 'зелёный слон 7', 'petrova likes green elephants'])(
    'may be %s',
    (password) => {
      expect(isGood(password)).toBe(true);
    },
  );

  it.each([
    'i.petrova',
    'I.Petrova2026!',
    'ирина петрова',
    'petrova@example.org1',
    '1234567890',
    '0987654321',
    'abcdefghijkl',
    'aaaaaaaaaaaa',
    'abababababab',
    'Password123!',
    'qwertyuiop',
    'QwertyUIOP2024',
    'йцукенгшщз12',
    'administrator1',
    'p-a-s-s-w-o-r-d',
  ])('must not be %s', (password) => {
    expect(checkPassword(password, about, '/password')).toMatchObject([{ pointer: '/password', message: expect.any(String) }]);
  });
});
