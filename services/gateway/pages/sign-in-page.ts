import type { SignInChoice } from '../../../generated/opora/directory/v1/sign_in.ts';
import { escapeHtml, type Language } from './language.ts';
import { layOut } from './layout.ts';

const texts = {
  en: {
    title: 'Sign in to Opora',
    login: 'Login',
    password: 'Password',
    enter: 'Sign in',
    or: 'or',
    wrong: 'The login or the password is wrong.',
    paused: 'Too many sign-ins have failed. Try again in {seconds} s.',
    failed: 'It did not work just now. Try again in a moment.',
    change: 'Choose a new password',
    fresh: 'New password, 10 characters or more',
    save: 'Save and sign in',
    weak: 'This password is easily guessed: take several words that do not belong together.',
    noScript: 'This page needs JavaScript.',
    renewed: 'The password is set. Sign in with it.',
    over: 'This link does not hold any more: ask for another one.',
    set: 'Save',
  },
  ru: {
    title: 'Вход в Опору',
    login: 'Логин',
    password: 'Пароль',
    enter: 'Войти',
    or: 'или',
    wrong: 'Неверный логин или пароль.',
    paused: 'Слишком много неудачных попыток. Повторите через {seconds} с.',
    failed: 'Сейчас не получилось. Повторите немного позже.',
    change: 'Выберите новый пароль',
    fresh: 'Новый пароль, не короче 10 символов',
    save: 'Сохранить и войти',
    weak: 'Этот пароль легко угадать: возьмите несколько слов, не связанных между собой.',
    noScript: 'Для этой страницы нужен JavaScript.',
    renewed: 'Пароль сохранён. Войдите с ним.',
    over: 'Ссылка больше не действует: запросите новую.',
    set: 'Сохранить',
  },
} as const;

const style = `<style>
main { max-width: 24rem }
form, .others { display: grid; gap: .75rem; margin: 1.25rem 0 }
label { display: grid; gap: .25rem }
input, button, .others a { font: inherit; padding: .6rem .75rem; border: 1px solid var(--line); border-radius: .5rem; color: inherit; background: var(--card) }
button, .others a { text-align: center; text-decoration: none; cursor: pointer; overflow-wrap: anywhere }
button { color: #fff; background: #0b62c4; border-color: #0b62c4 }
input:focus-visible, button:focus-visible, .others a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px }
[hidden] { display: none }
</style>`;

/** Where people sign in: by password, and by a button for each provider. `returnTo`: a path of the hub. */
export function signInPage(language: Language, { choices, returnTo }: { choices: readonly SignInChoice[]; returnTo: string }): string {
  const text = texts[language];
  const told = (['wrong', 'paused', 'failed', 'weak'] as const).map((name) => `data-${name}="${text[name]}"`).join(' ');
  const buttons = choices.map(({ name, titleEn, titleRu }) => {
    const path = `/sign-in/${encodeURIComponent(name)}?return=${encodeURIComponent(returnTo)}`;
    return `<a href="${escapeHtml(path)}">${escapeHtml(language === 'ru' ? titleRu : titleEn)}</a>`;
  });
  const content = `${style}<h1>${text.title}</h1>
<form id="enter" ${told} data-return="${escapeHtml(returnTo)}">
<label>${text.login}<input name="login" autocomplete="username" required maxlength="100" autofocus></label>
<label>${text.password}<input name="password" type="password" autocomplete="current-password" required maxlength="200"></label>
<button>${text.enter}</button>
</form>
<form id="change" hidden>
<h2>${text.change}</h2>
<label>${text.fresh}<input name="fresh" type="password" autocomplete="new-password" required minlength="10" maxlength="200"></label>
<button>${text.save}</button>
</form>
<p id="told" class="bad" role="alert"></p>
<noscript>${text.noScript}</noscript>
${buttons.length > 0 ? `<p class="soft">${text.or}</p><div class="others">${buttons.join('')}</div>` : ''}
<script src="/sign-in/start.js"></script>`;
  return layOut({ language, title: text.title, content });
}

/** Where a new password is set by the secret of a reset. It stands behind the #, so that no server, log or other page gets to see it: `/sign-in/reset#SECRET`. */
export function resetPage(language: Language): string {
  const text = texts[language];
  const told = (['failed', 'weak', 'over', 'renewed'] as const).map((name) => `data-${name}="${text[name]}"`).join(' ');
  const content = `${style}<h1>${text.change}</h1>
<form id="reset" ${told}>
<label>${text.fresh}<input name="fresh" type="password" autocomplete="new-password" required minlength="10" maxlength="200" autofocus></label>
<button>${text.set}</button>
</form>
<p id="told" role="alert"></p>
<p><a href="/sign-in">${text.title}</a></p>
<noscript>${text.noScript}</noscript>
<script src="/sign-in/reset.js"></script>`;
  return layOut({ language, title: text.change, content });
}

export const resetScript = `const form = document.getElementById('reset');
const told = document.getElementById('told');
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const button = form.querySelector('button');
  button.disabled = true;
  const body = JSON.stringify({ secret: location.hash.slice(1), newPassword: form.elements.fresh.value });
  const response = await fetch('/api/v1/password-resets', { method: 'POST', headers: { 'content-type': 'application/json' }, body }).catch(() => undefined);
  const { renewed, over, weak, failed } = form.dataset;
  told.className = response?.ok ? 'good' : 'bad';
  told.textContent = response?.ok ? renewed : response?.status === 401 ? over : response?.status === 422 ? weak : failed;
  form.hidden = response?.ok === true;
  button.disabled = false;
});
`;

/** What came of a sign-in by somebody else that did not go through. */
export function signInTroublePage(language: Language, detail: string): string {
  const [title, again] =
    language === 'ru' ? ['Вход не удался', 'Вернуться на страницу входа'] : ['The sign-in did not succeed', 'Back to the page for signing in'];
  return layOut({ language, title, content: `<h1>${title}</h1><p role="alert">${escapeHtml(detail)}</p><p><a href="/sign-in">${again}</a></p>` });
}

/** Sends the form; served as a file of its own, because the content security policy lets no inline script run. */
export const signInScript = `const enter = document.getElementById('enter');
const change = document.getElementById('change');
const told = document.getElementById('told');
const texts = enter.dataset;
const post = (path, body) =>
  fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

async function signIn(login, password) {
  const response = await post('/api/v1/sessions', { login, password });
  if (response.status === 429) throw texts.paused.replace('{seconds}', response.headers.get('retry-after') ?? '60');
  if (response.status === 403) throw (await response.json()).detail;
  if (!response.ok) throw response.status < 500 ? texts.wrong : texts.failed;
  return (await response.json()).me;
}

function onSubmit(form, work) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const button = form.querySelector('button');
    button.disabled = true;
    told.textContent = '';
    try {
      await work(form.elements);
    } catch (problem) {
      told.textContent = typeof problem === 'string' ? problem : texts.failed;
    } finally {
      button.disabled = false;
    }
  });
}

onSubmit(enter, async ({ login, password }) => {
  const me = await signIn(login.value, password.value);
  if (!me.mustChangePassword) return location.assign(texts.return);
  enter.hidden = true;
  change.hidden = false;
  change.elements.fresh.focus();
});

onSubmit(change, async ({ fresh }) => {
  const { login, password } = enter.elements;
  const response = await post('/api/v1/me/password', { currentPassword: password.value, newPassword: fresh.value });
  if (response.status === 422) throw texts.weak;
  if (!response.ok) throw texts.failed;
  await signIn(login.value, fresh.value);
  location.assign(texts.return);
});
`;
