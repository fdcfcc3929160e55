import { z } from 'zod';

const secretPrefix = 'OPORA_SIGN_IN_';

/** What the directory reads of the environment. `secrets`: of sign-in providers, by the names that their definitions say. */
export const directoryConfig = z
  .looseObject({
    OPORA_ADMIN_PASSWORD: z
      .string()
      .min(8, 'needs at least 8 characters')
      .max(200)
      .optional()
      .describe('of the account admin, which the first start makes; else a random one is shown once'),
    OPORA_ADMIN_TOKEN: z
      .string()
      .min(8, 'needs at least 8 characters')
      .max(500)
      .optional()
      .describe('its API token, made at the first start: for scripts and tests'),
    OPORA_LOCALE: z.enum(['ru', 'en']).default('ru').describe('language of a new account; and OPORA_SIGN_IN_… hold secrets of sign-in providers'),
  })
  .transform(({ OPORA_ADMIN_PASSWORD, OPORA_ADMIN_TOKEN, OPORA_LOCALE, ...others }) => ({
    OPORA_ADMIN_PASSWORD,
    OPORA_ADMIN_TOKEN,
    OPORA_LOCALE,
    secrets: Object.fromEntries(
      Object.entries(others).filter((entry): entry is [string, string] => entry[0].startsWith(secretPrefix) && typeof entry[1] === 'string'),
    ),
  }));
