import { z } from 'zod';
import { ConfigMistakes, listVariables, readConfig } from './read-config.ts';

const hub = z.object({
  OPORA_PORT: z.coerce.number().int().min(1).max(65_535).default(8080).describe('the port of the hub'),
  OPORA_HOST: z.string().default('127.0.0.1'),
});
const directory = z.object({
  OPORA_ADMIN_PASSWORD: z.string().min(8, 'needs at least 8 characters').optional(),
  OPORA_LOCALE: z.enum(['ru', 'en']),
});

function mistakesOf(env: Record<string, string>): ConfigMistakes {
  try {
    readConfig({ hub, directory }, env);
  } catch (error) {
    if (error instanceof ConfigMistakes) return error;
  }
  throw new Error('There was no mistake.');
}

describe('the configuration', () => {
  it('gives each part what it reads, and nothing of the others', () => {
    expect(readConfig({ hub, directory }, { OPORA_PORT: '9000', OPORA_LOCALE: 'en', PATH: '/bin' })).toEqual({
      hub: { OPORA_PORT: 9000, OPORA_HOST: '127.0.0.1' },
      directory: { OPORA_LOCALE: 'en' },
    });
  });

  it('takes an empty variable as absent', () => {
    expect(readConfig({ hub }, { OPORA_PORT: '' }).hub.OPORA_PORT).toBe(8080);
  });

  it('tells every mistake at once, with the variable, its value and what it is for', () => {
    const { message, variables } = mistakesOf({ OPORA_PORT: 'eighty' });
    expect(variables).toEqual(['OPORA_PORT', 'OPORA_LOCALE']);
    expect(message).toContain('2 mistakes');
    expect(message).toMatch(/OPORA_PORT is "eighty": .*number.* \(the port of the hub\)/);
    expect(message).toMatch(/OPORA_LOCALE is not set: .*"ru"\|"en"/);
  });

  it('never shows a secret', () => {
    const { message } = mistakesOf({ OPORA_ADMIN_PASSWORD: 'hunter2', OPORA_LOCALE: 'postgresql://opora:hunter2@db/opora' });
    expect(message).toContain('OPORA_ADMIN_PASSWORD is set (7 characters): needs at least 8 characters');
    expect(message).not.toContain('hunter2');
  });

  it('lists its variables with what they are for and what they are when nobody sets them', () => {
    expect(listVariables([hub.transform(({ OPORA_PORT }) => OPORA_PORT), directory])).toContainEqual({
      name: 'OPORA_PORT',
      description: 'the port of the hub',
      default: 8080,
    });
  });
});
