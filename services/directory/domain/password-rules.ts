import type { FieldViolation } from '../../../platform/errors/app-error.ts';

/** The most common passwords of ten characters and more, and the beginnings of others, in English and Russian; without digits and signs at their ends. */
const common = new Set(
  `password passwort administrator administrador welcome qwerty qwertyui qwertyuiop asdfghjkl asdfghjkl zxcvbnm qazwsxedc qazwsxedcrfv qweasdzxc iloveyou letmein
  changeme changemenow default superuser superman starwars football baseball basketball princess sunshine dragon monkey liverpool manchester
  пароль йцукен йцукенгшщз йцукенгшщзхъ фывапролдж ячсмитьбю любовь привет приветпривет наташа администратор зенитчемпион россия
  gfhjkm qwertyqwerty passwordpassword adminadmin testtest testtesttest useruser`.split(/\s+/),
);
const fewestDifferent = 5;

/** What is wrong with a password beyond its length, which the contract has. `about`: the login, the name and the mail address of whoever chooses it. */
export function checkPassword(password: string, about: readonly (string | undefined)[], pointer: string): FieldViolation[] {
  const text = password.normalize('NFKC').toLowerCase();
  const own = about.flatMap((word) => (word !== undefined && word.length > 2 ? [word.normalize('NFKC').toLowerCase()] : []));
  if (own.some((word) => text === word || isMostOf(word, text))) return [{ pointer, message: 'must not be the login, the name or the mail address' }];
  if (new Set(text).size < fewestDifferent) return [{ pointer, message: `must have at least ${fewestDifferent} different characters` }];
  if (isRun(text) || common.has(text) || common.has(text.replace(/[\d\W_]+$/u, '')) || common.has(text.replace(/[^\p{L}]+/gu, ''))) {
    return [{ pointer, message: 'is among the most common ones: take several words that do not belong together' }];
  }
  return [];
}

/** The word with a few characters more: a year, an exclamation mark. */
function isMostOf(word: string, text: string): boolean {
  return text.includes(word) && text.length - word.length < 6;
}

/** 1234567890, abcdefghij, and back. */
function isRun(text: string): boolean {
  const steps = [...text].slice(1).map((character, index) => (character.codePointAt(0) ?? 0) - (text.codePointAt(index) ?? 0));
  return steps.filter((step) => Math.abs(step) === 1).length >= steps.length - 1;
}
