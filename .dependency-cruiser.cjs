// The walls of the house. Each rule's name is what the check says when it fires; tests/house proves that each one does.
const test = '\\.(test|contract)\\.ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'domain-is-pure',
      comment: 'Rules know no database, no network, no clock and no log: what they need comes in as an argument. Move the I/O to the use case.',
      severity: 'error',
      from: { path: '^(cmdb|services/[^/]+)/domain/', pathNot: test },
      to: {
        pathNot: [
          '^$1/domain/',
          '^platform/(errors|rules)/',
          '^platform/definitions/definition\\.ts$',
          '^generated/',
          '^node_modules/(@types/)?luxon/',
        ],
      },
    },
    {
      name: 'services-meet-only-through-proto',
      comment: 'Call the other service by its contract in generated/, or follow its events; its code and tables are its own.',
      severity: 'error',
      from: { path: '^(cmdb|services/[^/]+)/' },
      to: { path: '^(cmdb|services|connectors)/', pathNot: '^$1/' },
    },
    {
      name: 'platform-knows-no-service',
      comment: 'What only one service needs belongs to that service; what many need comes in as an argument.',
      severity: 'error',
      from: { path: '^platform/', pathNot: test },
      // The platform's own contracts: options, operating any service, and batches of its calls.
      to: { path: '^(services|cmdb|connectors|deploy|generated/opora/(?!(api|operations|batch)/))' },
    },
    {
      name: 'connectors-stand-alone',
      comment: 'A connector knows the port (connectors/connector.ts), the platform and its vendor; no service and no other connector.',
      severity: 'error',
      from: { path: '^connectors/([^/]+)/' },
      to: { path: '^(services|cmdb|connectors/[^/]+)/', pathNot: '^connectors/$1/' },
    },
    {
      name: 'engines-are-chosen-once',
      comment: 'platform/engines/embedded.ts and mesh.ts choose the adapters; everybody else takes the port that they are given.',
      severity: 'error',
      from: { pathNot: ['^platform/engines/', '^services/start-hub\\.ts$', '^tests/', test] },
      to: { path: '^platform/(engines/(embedded|mesh)|bus/(postgres|kafka)-log|rpc/(in-process|grpc))\\.ts$' },
    },
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one file, or want a third.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-tests-in-code',
      comment: 'Code must run without the tests and what only they need.',
      severity: 'error',
      from: { pathNot: ['^tests/', test] },
      to: { path: ['^tests/', test, '^node_modules/(fast-check|testcontainers|@jest|jest)/'] },
    },
    {
      name: 'imports-exist',
      comment: 'The import leads nowhere: wrong path, or a package that package.json does not name.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: '^node_modules/' },
    exclude: { path: '^(dist|tests/house/fixtures)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
