import type { DescFile, DescMessage, DescService, FileRegistry } from '@bufbuild/protobuf';
import { assignCollections } from './assign-collections.ts';
import { findBytes } from './find-bytes.ts';
import type { ContractModel, FileModel, MessageModel, ServiceModel } from './model.ts';
import { readAudit } from './read-audit.ts';
import { readField } from './read-field.ts';
import { readGuarded } from './read-guarded.ts';
import { readMethod } from './read-method.ts';
import { type OptionReader, optionReader } from './read-options.ts';
import { readTimeline } from './read-timeline.ts';
import { Refusals } from './refusals.ts';
import { refuseRoutesTwice } from './refuse-routes-twice.ts';
import { commentOf } from './source-location.ts';

/** proto/ said something that our mapping cannot carry; the message has a line for each mistake. */
export class ContractRefused extends Error {
  constructor(lines: readonly string[]) {
    super(lines.join('\n'));
    this.name = 'ContractRefused';
  }
}

/** Turns descriptors into the model. Throws ContractRefused with everything that is wrong. */
export function readModel(files: readonly DescFile[], registry: FileRegistry): ContractModel {
  const options = optionReader(registry);
  const refusals = new Refusals();
  // A file of options speaks about contracts and is none itself.
  const contracts = files.filter((file) => file.extensions.length === 0).sort((a, b) => compare(a.name, b.name));
  const messages = new Map<string, MessageModel>();
  const descriptors = new Map<string, DescMessage>();
  for (const file of contracts) {
    for (const set of file.enums) refusals.refuse(set, `enum ${set.name}: a closed set is a string with its values declared`);
    for (const message of file.messages) {
      descriptors.set(message.typeName, message);
      messages.set(message.typeName, readMessage(message, options, refusals));
    }
  }
  const models = contracts.map((file) => readFile(file, messages, options, refusals));
  refuseEventsApart(contracts, messages, refusals);
  for (const [name, message] of messages) {
    const withBytes = message.event && findBytes(message, messages);
    const declared = descriptors.get(name);
    if (withBytes && declared) refusals.refuse(declared, `event ${message.name}: ${withBytes} has bytes, and events are JSON`);
  }
  refuseRoutesTwice(contracts, models, refusals);
  const { lines } = refusals;
  if (lines.length > 0) throw new ContractRefused(lines);
  return { files: assignCollections(models), messages };
}

function readFile(file: DescFile, messages: ReadonlyMap<string, MessageModel>, options: OptionReader, refusals: Refusals): FileModel {
  return {
    name: file.name,
    package: file.proto.package,
    source: sourceOf(file.proto.package),
    messages: file.messages.flatMap((message) => messages.get(message.typeName) ?? []),
    services: file.services.map((service) => readService(service, messages, options, refusals)),
  };
}

function readMessage(message: DescMessage, options: OptionReader, refusals: Refusals): MessageModel {
  const nested = message.nestedMessages[0] ?? message.nestedEnums[0];
  if (nested) refusals.refuse(message, `${nested.name} is nested in ${message.name}: declare it at the top of the file`);
  if (message.oneofs[0]) refusals.refuse(message, `oneof ${message.oneofs[0].name}: use optional fields`);
  const fields = message.fields.filter((field) => !field.oneof).map((field) => readField(field, options, refusals));
  const event = options.eventOf(message);
  if (event) {
    const key = fields.find((field) => field.name === event.key);
    if (!key) refusals.refuse(message, `event ${message.name}: its key "${event.key}" is not one of its fields`);
    else if (!key.rules.required) refusals.refuse(message, `event ${message.name}: its key ${event.key} must be a required field`);
    for (const owner of event.owners) {
      if (!fields.some((field) => field.name === owner))
        refusals.refuse(message, `event ${message.name}: its owner "${owner}" is not one of its fields`);
    }
  }
  const refuse = (reason: string) => refusals.refuse(message, `event ${message.name}: ${reason}`);
  const facts = message.fields.flatMap(({ message: inner, localName }) =>
    inner && options.guardedOf(inner) ? [{ field: localName, message: inner.typeName }] : [],
  )[0];
  const timeline = event?.timeline && readTimeline(event.timeline, { fields, permissions: event.permissions }, refuse);
  const guarded = options.guardedOf(message);
  const audit = event?.audit && readAudit(event.audit, fields, refuse);
  return {
    name: message.name,
    fullName: message.typeName,
    file: message.file.name,
    comment: commentOf(message),
    fields,
    ...(guarded && {
      guarded: readGuarded(guarded, message.typeName, fields, (reason) => refusals.refuse(message, `guarded ${message.name}: ${reason}`)),
    }),
    ...(event && {
      event: {
        type: message.typeName,
        source: sourceOf(message.file.proto.package),
        key: event.key,
        permissions: [...event.permissions],
        owners: [...event.owners],
        ...(facts && { facts }),
        ...(timeline && { timeline }),
        ...(audit && { audit }),
      },
    }),
  };
}

function readService(service: DescService, messages: ReadonlyMap<string, MessageModel>, options: OptionReader, refusals: Refusals): ServiceModel {
  return {
    name: service.name,
    fullName: service.typeName,
    comment: commentOf(service),
    methods: service.methods.map((method) => readMethod(method, messages, options, refusals)),
  };
}

/** The union of a service's events is one type, so they stand in one file. */
function refuseEventsApart(files: readonly DescFile[], messages: ReadonlyMap<string, MessageModel>, refusals: Refusals): void {
  const fileOfPackage = new Map<string, string>();
  for (const file of files) {
    const first = file.messages.find((message) => messages.get(message.typeName)?.event);
    if (!first) continue;
    const other = fileOfPackage.get(file.proto.package);
    if (other) refusals.refuse(first, `event ${first.name}: the events of ${file.proto.package} stand together in ${other}.proto`);
    fileOfPackage.set(file.proto.package, file.name);
  }
}

/** `opora.tickets.v1` is the contract of `tickets`. */
function sourceOf(packageName: string): string {
  const segments = packageName.split('.');
  return segments.at(-2) ?? packageName;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
