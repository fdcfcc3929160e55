import type { ContractModel, FileModel, MessageModel } from './model.ts';
import { eventSchema, messagesWithin } from './public-schemas.ts';

/** AsyncAPI 3.0 of every event: one channel (topic) a service, CloudEvents 1.0 in Kafka's binary mode. */
export function writeAsyncapi(model: ContractModel): object {
  const announcing = model.files.filter((file) => eventsOf(file).length > 0);
  const events = announcing.flatMap(eventsOf);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Opora events',
      version: 'v1',
      description:
        'What the services announce. Topics are Kafka topics; the key is the id of what the event is about, and events with one key keep their order. ' +
        'An event may come more than once: `ce_id` tells. Let pass the fields that you do not know.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(announcing.map((file) => [file.source, writeChannel(file)])),
    operations: Object.fromEntries(announcing.map((file) => [`${file.source}Announces`, writeOperation(file)])),
    components: {
      messages: Object.fromEntries(events.map((event) => [event.fullName, writeMessage(event)])),
      messageTraits: { CloudEvent: cloudEvent },
      schemas: writeSchemas(events, model),
    },
  };
}

function eventsOf(file: FileModel): MessageModel[] {
  return file.messages.filter((message) => message.event);
}

function writeChannel(file: FileModel): object {
  const messages = eventsOf(file).map(({ name, fullName }) => [name, { $ref: `#/components/messages/${fullName}` }]);
  return { address: file.package, description: `Everything that ${file.source} announces.`, messages: Object.fromEntries(messages) };
}

function writeOperation(file: FileModel): object {
  return { action: 'send', channel: { $ref: `#/channels/${file.source}` } };
}

function writeMessage({ name, fullName, comment, event }: MessageModel): object {
  return {
    name,
    title: name,
    ...(comment && { summary: comment }),
    traits: [{ $ref: '#/components/messageTraits/CloudEvent' }],
    payload: { $ref: `#/components/schemas/${fullName}` },
    bindings: { kafka: { key: { type: 'string', description: `\`${event?.key}\` of the payload.` }, bindingVersion: '0.5.0' } },
  };
}

const cloudEvent = {
  headers: {
    type: 'object',
    properties: {
      ce_specversion: { const: '1.0' },
      ce_id: { type: 'string', format: 'uuid', description: 'The same event, however often it comes.' },
      ce_type: { type: 'string', description: 'The full name of the payload: `opora.tickets.v1.TicketOpened`.' },
      ce_source: { type: 'string', description: 'The service that announced it.' },
      ce_time: { type: 'string', format: 'date-time' },
      ce_subject: { type: 'string', description: 'The key.' },
      traceparent: { type: 'string', description: 'W3C trace context of the request that caused it.' },
    },
    required: ['ce_specversion', 'ce_id', 'ce_type', 'ce_source', 'ce_time', 'ce_subject'],
  },
};

function writeSchemas(events: readonly MessageModel[], model: ContractModel): object {
  const names = new Set(events.map((event) => event.fullName));
  for (const inner of messagesWithin([...names], model)) names.add(inner);
  return Object.fromEntries(
    [...names].sort().flatMap((name) => {
      const message = model.messages.get(name);
      return message ? [[name, eventSchema(message)]] : [];
    }),
  );
}
