import { resetPage, resetScript, signInPage, signInScript, signInTroublePage } from './sign-in-page.ts';

const choices = [{ name: 'corp', titleEn: '<Corp & Co>', titleRu: 'Корпорация' }];

describe('the page for signing in', () => {
  it('has a form, and a button for each provider that comes back to where one was', () => {
    const page = signInPage('en', { choices, returnTo: '/api/docs?a="1"' });
    expect(page).toContain('<input name="login" autocomplete="username" required');
    expect(page).toContain('<input name="password" type="password" autocomplete="current-password" required');
    expect(page).toContain('href="/sign-in/corp?return=%2Fapi%2Fdocs%3Fa%3D%221%22"');
    expect(page).toContain('>&#60;Corp &#38; Co&#62;</a>');
    expect(page).toContain('data-return="/api/docs?a=&#34;1&#34;"');
  });

  it('speaks Russian, and offers nothing where there is no provider', () => {
    const page = signInPage('ru', { choices, returnTo: '/' });
    for (const word of ['<html lang="ru">', 'Вход в Опору', 'Логин', 'Пароль', '>Корпорация</a>']) expect(page).toContain(word);
    expect(signInPage('ru', { choices: [], returnTo: '/' })).not.toContain('class="others"');
  });

  it('says what went wrong as text, not as HTML', () => {
    expect(signInTroublePage('ru', '<script>alert(1)</script>')).toContain('&#60;script&#62;');
    expect(resetPage('en')).toContain('data-over="This link does not hold any more');
  });

  it.each([
    ['signing in', signInScript],
    ['a reset', resetScript],
  ])('runs a script for %s that is JavaScript', (_, script) => {
    expect(() => new Function(script)).not.toThrow();
  });
});
