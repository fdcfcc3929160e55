import { createMetrics } from './metrics.ts';

describe('metrics', () => {
  it('ask each service for its gauges when somebody looks', async () => {
    const metrics = createMetrics();
    let depth = 3;
    metrics.queueDepth.read(() => [{ labels: { service: 'tickets', queue: 'outbox' }, value: depth }]);
    metrics.queueDepth.read(async () => [{ labels: { service: 'sla', queue: 'outbox' }, value: 1 }]);
    depth = 5;
    const text = await metrics.registry.metrics();
    expect(text).toContain('opora_queue_events{service="tickets",queue="outbox"} 5');
    expect(text).toContain('opora_queue_events{service="sla",queue="outbox"} 1');
  });

  it('leave out what cannot be read just now, and what is read no more', async () => {
    const metrics = createMetrics();
    const stop = metrics.deadLetters.read(() => [{ labels: { service: 'sla', subscription: 'run-clocks' }, value: 2 }]);
    metrics.deadLetters.read(() => Promise.reject(new Error('the database is down')));
    expect(await metrics.registry.metrics()).toContain('opora_dead_letters{service="sla",subscription="run-clocks"} 2');
    stop();
    expect(await metrics.registry.metrics()).not.toContain('run-clocks');
  });

  it('count calls by service, method and code, and tell of the process itself', async () => {
    const metrics = createMetrics();
    metrics.rpc.observe({ service: 'opora.tickets.v1.TicketService', method: 'GetTicket', code: 'OK' }, 0.003);
    const text = await metrics.registry.metrics();
    expect(text).toContain('opora_rpc_seconds_bucket{le="0.005",service="opora.tickets.v1.TicketService",method="GetTicket",code="OK"} 1');
    expect(text).toContain('process_resident_memory_bytes');
  });
});
