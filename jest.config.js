export default {
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' }, module: { type: 'es6' } }],
  },
  testMatch: ['<rootDir>/{platform,services,cmdb,connectors,deploy,tests}/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/fixtures/'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.cache/'],
  globalSetup: '<rootDir>/tests/engines/set-up.mjs',
  globalTeardown: '<rootDir>/tests/engines/tear-down.mjs',
  testTimeout: 30_000,
  maxWorkers: 2,
};
