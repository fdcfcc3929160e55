import { execFile } from 'node:child_process';

export interface Outcome {
  code: number;
  out: string;
  errors: string;
}

/** The built program, as a person would run it: with no variables of ours but `env`. */
export function runOpora(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(OPORA_|NODE_OPTIONS)/.test(name)));
  return new Promise((resolve) => {
    execFile(process.execPath, ['dist/services/main.js', ...args], { env: { ...clean, ...env } }, (error, out, errors) =>
      resolve({ code: error ? Number(error.code) : 0, out, errors }),
    );
  });
}
