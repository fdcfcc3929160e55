import { z } from 'zod';
import { ConfigMistakes, readConfig } from './read-config.ts';

const schemas = {
  gateway: z.object({ OPORA_PORT: z.coerce.number().int().max(65_535).default(8080), OPORA_HOST: z.string() }),
  directory: z.object({ OPORA_ADMIN_PASSWORD: z.string().min(8, 'needs at least 8 characters').optional() }),
};

describe('configuration', () => {
  it('gives each part what it reads, with defaults, and takes an empty variable as absent', () => {
    expect(readConfig(schemas, { OPORA_HOST: '0.0.0.0', OPORA_PORT: '', OTHER: 'x' })).toEqual({
      gateway: { OPORA_PORT: 8080, OPORA_HOST: '0.0.0.0' },
      directory: {},
    });
  });

  it('reports every mistake at once, names the variables, and shows no secret', () => {
    expect.assertions(4);
    try {
      readConfig(schemas, { OPORA_PORT: '99999', OPORA_ADMIN_PASSWORD: 'short' });
    } catch (error) {
      if (!(error instanceof ConfigMistakes)) throw error;
      expect(error.variables).toEqual(['OPORA_PORT', 'OPORA_HOST', 'OPORA_ADMIN_PASSWORD']);
      expect(error.message).toContain('There are 3 mistakes');
      expect(error.message).toContain('needs at least 8 characters');
      expect(error.message).not.toContain('short');
    }
  });
});
