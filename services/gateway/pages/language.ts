import type { Request } from 'express';

export type Language = 'ru' | 'en';

/** Of `Accept-Language`; English for who asks for neither. */
export function chooseLanguage(request: Request): Language {
  return request.acceptsLanguages('en', 'ru') === 'ru' ? 'ru' : 'en';
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
