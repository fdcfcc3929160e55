import { type ProblemKind, problemKinds } from '../../../platform/http/problem.ts';
import type { Language } from './language.ts';
import { layOut } from './layout.ts';

const advice: Readonly<Record<ProblemKind, Readonly<Record<Language, string>>>> = {
  malformed: {
    en: 'The request is not HTTP, JSON or UTF-8 as it should be. Mend what `detail` names.',
    ru: 'Запрос не соответствует HTTP, JSON или UTF-8. Исправьте то, что названо в `detail`.',
  },
  unauthenticated: { en: 'Send a valid token, or sign in.', ru: 'Передайте действующий токен или войдите.' },
  not_allowed: {
    en: 'The account or its token lacks the permission that `detail` names.',
    ru: 'У учётной записи или токена нет права, названного в `detail`.',
  },
  not_found: { en: 'It does not exist, or you may not see it.', ru: 'Такого нет, или у вас нет права это видеть.' },
  method_not_allowed: { en: 'The header Allow lists the methods of this path.', ru: 'Заголовок Allow перечисляет методы этого пути.' },
  request_timeout: { en: 'Send the request faster, or in smaller parts.', ru: 'Передайте запрос быстрее или меньшими частями.' },
  conflict: { en: 'It collides with something that exists already.', ru: 'Запрос противоречит тому, что уже есть.' },
  illegal_state: { en: 'The object is in a state that does not allow this.', ru: 'Состояние объекта этого не допускает.' },
  undone: {
    en: 'Another operation of the same batch failed, and the batch is all or nothing. `errors` names it: mend that one and send the batch again.',
    ru: 'Другая операция того же пакета не удалась, а пакет выполняется целиком или никак. Она названа в `errors`: исправьте её и передайте пакет снова.',
  },
  precondition_failed: {
    en: 'Read the object again and repeat the change on what it is now.',
    ru: 'Прочитайте объект заново и повторите изменение.',
  },
  payload_too_large: { en: 'Send less at once.', ru: 'Передавайте меньше за один раз.' },
  unsupported_media_type: { en: 'Send JSON in UTF-8, plain or with gzip.', ru: 'Передавайте JSON в UTF-8, без сжатия или с gzip.' },
  invalid_input: { en: '`errors` names every field that does not fit.', ru: '`errors` называет каждое неподходящее поле.' },
  precondition_required: {
    en: 'Send If-Match with the ETag that reading the object gave.',
    ru: 'Передайте If-Match со значением ETag прочитанного объекта.',
  },
  too_many_requests: { en: 'Ask again after the seconds of Retry-After.', ru: 'Повторите через число секунд из Retry-After.' },
  header_fields_too_large: { en: 'Send shorter header fields.', ru: 'Сократите заголовки запроса.' },
  internal: { en: 'A fault of ours. It is recorded under the `traceId`.', ru: 'Ошибка на нашей стороне. Она записана под номером `traceId`.' },
  unavailable: { en: 'It will pass: ask again after the seconds of Retry-After.', ru: 'Это временно: повторите через число секунд из Retry-After.' },
};

/** All kinds of problems, each at its own `#kind`. */
export function problemsPage(language: Language): string {
  const heading = language === 'ru' ? 'Ошибки и что с ними делать' : 'Errors and what to do about them';
  const kinds = Object.keys(problemKinds) as ProblemKind[];
  const items = kinds.map((kind) => {
    const { status, title } = problemKinds[kind];
    return `<li id="${kind}"><strong>${status} ${kind}</strong><span class="soft">${title}</span><span>${advice[kind][language]}</span></li>`;
  });
  return layOut({
    language,
    title: heading,
    content: `<h1>${heading}</h1><p class="soft">application/problem+json, RFC 9457</p><ul>${items.join('')}</ul>`,
  });
}
