import { z } from 'zod';
import { describeVariables } from './describe-variables.ts';

describe('the environment in --help', () => {
  const hub = z.object({
    OPORA_PORT: z.coerce.number().default(8080).describe('port'),
    OPORA_KEY: z.string().optional().describe('a key'),
    OPORA_LIST: z.string().default(''),
  });

  it('names each variable with what it is for and its default', () => {
    expect(describeVariables({ 'The hub': [hub] }).split('\n')).toEqual([
      '',
      '',
      'Environment',
      '',
      'The hub:',
      '  OPORA_KEY   a key',
      '  OPORA_LIST  ',
      '  OPORA_PORT  port (default: 8080)',
    ]);
  });

  it('leaves out a section that reads nothing, and lines all sections up', () => {
    const text = describeVariables({
      'The hub': [hub],
      Nothing: [z.object({})],
      Mesh: [z.object({ OPORA_VERY_LONG_NAME: z.string().describe('x') })],
    });
    expect(text).not.toContain('Nothing');
    expect(text).toContain('  OPORA_KEY             a key');
    expect(text).toContain('  OPORA_VERY_LONG_NAME  x');
  });
});
