import type { PartState } from '../../platform/service/readiness.ts';
import type { Language } from './pages/language.ts';

const texts = {
  en: {
    silent: 'does not answer',
    silentTo: (services: string) => `does not answer ${services}`,
    closed: 'is starting or stopping',
    unseen: 'unknown: nobody who uses it answers',
  },
  ru: {
    silent: 'не отвечает',
    silentTo: (services: string) => `не отвечает сервисам: ${services}`,
    closed: 'запускается или останавливается',
    unseen: 'неизвестно: не отвечает никто из тех, кому это нужно',
  },
} as const;

/** What is wrong with a part, for people; undefined when nothing is, or nothing more is known. */
export function describePart({ trouble, to }: PartState, language: Language): string | undefined {
  if (trouble === undefined) return undefined;
  const text = texts[language];
  return trouble === 'silent' && to ? text.silentTo(to.join(', ')) : text[trouble];
}
