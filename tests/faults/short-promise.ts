import type { Api } from '../mesh/api.ts';

/** Promises a resolution within so short a time (ISO 8601, of every hour of the week) for a service that is made up; gives its id. */
export async function promiseWithin(api: Api, resolutionTarget: string): Promise<string> {
  const serviceId = crypto.randomUUID();
  const calendars = await api.get<{ items: { id: string; name: string }[] }>('/api/v1/sla/calendars');
  const calendarId = calendars.body.items.find(({ name }) => /24|Кругл/.test(name))?.id;
  const condition = `ticket.serviceId == "${serviceId}"`;
  const definition = await api.post('/api/v1/sla/definitions', { name: serviceId, rank: 1, condition, resolutionTarget, calendarId });
  expect(definition.status).toBe(201);
  return serviceId;
}

/** Opens an incident of that service; gives its id. */
export async function openIncidentOf(api: Api, serviceId: string): Promise<string> {
  const ticket = await api.post<{ id: string }>('/api/v1/tickets', { type: 'incident', subject: 'Течь', serviceId });
  expect(ticket.status).toBe(201);
  return ticket.body.id;
}
