import { contentDisposition } from './content-disposition.ts';

describe('the name of a file in an answer', () => {
  it.each([
    ['plain', 'items.csv', `attachment; filename="items.csv"; filename*=UTF-8''items.csv`],
    [
      'in Russian',
      'Список КЕ.xlsx',
      `attachment; filename="______ __.xlsx"; filename*=UTF-8''%D0%A1%D0%BF%D0%B8%D1%81%D0%BE%D0%BA%20%D0%9A%D0%95.xlsx`,
    ],
    ['beyond the basic plane', '🚱.csv', `attachment; filename="_.csv"; filename*=UTF-8''%F0%9F%9A%B1.csv`],
    ['with what leads elsewhere', '../../etc\\passwd', `attachment; filename=".._.._etc_passwd"; filename*=UTF-8''.._.._etc_passwd`],
    ['with what ends a header', 'a"\r\nset-cookie: x', `attachment; filename="a___set-cookie_ x"; filename*=UTF-8''a___set-cookie_%20x`],
    ['with what RFC 8187 does not leave alone', "a'(1)*%.csv", `attachment; filename="a'(1)__.csv"; filename*=UTF-8''a%27%281%29_%25.csv`],
    ['with half of a surrogate pair', 'a\ud800', `attachment; filename="a_"; filename*=UTF-8''a%EF%BF%BD`],
    ['that is absent', undefined, 'attachment'],
    ['that is empty', '', 'attachment'],
  ])('%s', (_, name, header) => {
    expect(contentDisposition(name)).toBe(header);
  });
});
