import { homePage } from './home-page.ts';

describe('the home page', () => {
  const parts = {
    gateway: { ready: true },
    sla: { ready: false, trouble: 'silent' },
    cmdb: { ready: false, trouble: 'closed' },
    kafka: { ready: false, trouble: 'silent', to: ['tickets', 'cmdb'] },
    neo4j: { ready: false, trouble: 'unseen' },
    postgres: { ready: false },
  } as const;
  const lines = (html: string) =>
    [...html.matchAll(/<li><span>(\w+)<\/span>(.*?)<\/li>/g)].map(([, name, rest = '']) => `${name}: ${rest.replace(/<[^>]+>/g, '|')}`);

  it('tells how each part is and what is wrong with it, in English', () => {
    expect(lines(homePage('en', parts))).toEqual([
      'gateway: |ready|',
      'sla: |does not answer||not ready|',
      'cmdb: |is starting or stopping||not ready|',
      'kafka: |does not answer tickets, cmdb||not ready|',
      'neo4j: |unknown: nobody who uses it answers||not ready|',
      'postgres: |not ready|',
    ]);
  });

  it('and in Russian', () => {
    expect(lines(homePage('ru', parts))).toEqual([
      'gateway: |работает|',
      'sla: |не отвечает||не готово|',
      'cmdb: |запускается или останавливается||не готово|',
      'kafka: |не отвечает сервисам: tickets, cmdb||не готово|',
      'neo4j: |неизвестно: не отвечает никто из тех, кому это нужно||не готово|',
      'postgres: |не готово|',
    ]);
  });
});
