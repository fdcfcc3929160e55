import tseslint from 'typescript-eslint';

// Biome formats and lints. Here stands only what needs types: a promise that nobody waits for, and a switch that forgot a case.
export default tseslint.config(
  { ignores: ['dist/', 'generated/', '.cache/', 'tests/house/fixtures/'] },
  {
    files: ['**/*.ts'],
    plugins: { '@typescript-eslint': tseslint.plugin },
    languageOptions: { parser: tseslint.parser, parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
    },
  },
);
