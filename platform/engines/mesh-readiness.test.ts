import { createMeshReadiness, judgeMesh, type Report } from './mesh-readiness.ts';

describe('how the parts of a mesh are', () => {
  const reports = new Map<string, Report>([
    ['gateway', { gateway: true, postgres: true, kafka: false }],
    ['tickets', { tickets: true, postgres: true, kafka: false }],
    ['cmdb', { cmdb: false, postgres: false, kafka: false, neo4j: true }],
    ['sla', undefined],
  ]);

  it('is told of a service by its own process, or known from its silence', () => {
    expect(judgeMesh([], reports)).toEqual({
      gateway: { ready: true },
      tickets: { ready: true },
      cmdb: { ready: false, trouble: 'closed' },
      sla: { ready: false, trouble: 'silent' },
    });
  });

  it('is told of an engine by all who use it, and names those whom it does not answer when it answers others', () => {
    expect(judgeMesh(['postgres', 'kafka', 'neo4j'], reports)).toMatchObject({
      postgres: { ready: false, trouble: 'silent', to: ['cmdb'] },
      kafka: { ready: false, trouble: 'silent' },
      neo4j: { ready: true },
    });
  });

  it('is not known of an engine while nobody who uses it answers', () => {
    const alone = new Map<string, Report>([
      ['gateway', { postgres: true }],
      ['cmdb', undefined],
    ]);
    expect(judgeMesh(['neo4j'], alone)).toMatchObject({ neo4j: { ready: false, trouble: 'unseen' } });
  });

  it('is asked of the others once for all who ask at the same time, and never of this process', async () => {
    const asked: string[] = [];
    const readiness = createMeshReadiness({
      services: ['gateway', 'tickets', 'sla'],
      engines: ['kafka'],
      own: () => ({ gateway: true, kafka: true }),
      async ask(service) {
        asked.push(service);
        if (service === 'sla') throw new Error('it does not answer');
        return { tickets: true, kafka: true };
      },
    });
    const [first, second] = await Promise.all([readiness(), readiness()]);
    expect(first).toEqual({ gateway: { ready: true }, tickets: { ready: true }, sla: { ready: false, trouble: 'silent' }, kafka: { ready: true } });
    expect(second).toBe(first);
    expect(asked).toEqual(['tickets', 'sla']);
  });
});
