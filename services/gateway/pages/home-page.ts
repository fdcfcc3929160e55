import type { PartStates } from '../../../platform/service/readiness.ts';
import { describePart } from '../describe-part.ts';
import { escapeHtml, type Language } from './language.ts';
import { layOut } from './layout.ts';

const texts = {
  en: {
    about: 'The backbone between the systems that an enterprise already has: monitoring, service desk, configuration database, integrations.',
    state: 'State',
    ready: 'ready',
    notReady: 'not ready',
    more: 'Read and try',
    links: {
      '/sign-in': 'Sign in',
      '/api/docs': 'The API, to read and to try',
      '/api/openapi.json': 'OpenAPI 3.1',
      '/api/asyncapi.json': 'AsyncAPI 3: the events',
      '/problems': 'Errors and what to do about them',
      '/readyz': 'The state for machines',
    },
  },
  ru: {
    about: 'Опора между системами, которые уже есть на предприятии: мониторинг, служба поддержки, база конфигураций, интеграции.',
    state: 'Состояние',
    ready: 'работает',
    notReady: 'не готово',
    more: 'Прочитать и попробовать',
    links: {
      '/sign-in': 'Вход',
      '/api/docs': 'API: описание и пробные запросы',
      '/api/openapi.json': 'OpenAPI 3.1',
      '/api/asyncapi.json': 'AsyncAPI 3: события',
      '/problems': 'Ошибки и что с ними делать',
      '/readyz': 'Состояние для машин',
    },
  },
} as const;

/** What this is, how its parts are, and where to read on. */
export function homePage(language: Language, states: PartStates): string {
  const text = texts[language];
  const parts = Object.entries(states).map(([name, part]) => {
    const detail = describePart(part, language);
    const state = `<span class="${part.ready ? 'good' : 'bad'}">${part.ready ? text.ready : text.notReady}</span>`;
    return `<li><span>${escapeHtml(name)}</span>${detail === undefined ? '' : `<span class="soft">${escapeHtml(detail)}</span>`}${state}</li>`;
  });
  const links = Object.entries(text.links).map(([path, label]) => `<li><a href="${path}">${label}</a><span class="soft">${path}</span></li>`);
  const content = `<h1>Opora · Опора</h1>
<p class="soft">${text.about}</p>
<h2>${text.state}</h2>
<ul>${parts.join('')}</ul>
<h2>${text.more}</h2>
<ul>${links.join('')}</ul>`;
  return layOut({ language, title: 'Opora', content });
}
