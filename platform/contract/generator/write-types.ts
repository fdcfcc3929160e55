import { posix } from 'node:path';
import type { ContractModel, FieldModel, FileModel, MessageModel, MethodModel, ServiceModel } from './model.ts';

/** One file of TypeScript for one file of proto: an interface a message, an interface and token a service, a constructor an event. */
export function writeTypes(file: FileModel, model: ContractModel): string {
  const toRoot = '../'.repeat(file.name.split('/').length);
  const events = file.messages.filter((message) => message.event);
  const platform = [
    ...(events.length > 0 ? [`import type { Envelope, NewEvent } from '${toRoot}platform/bus/event.ts';`] : []),
    ...(file.services.length > 0 ? [`import type { ${callTypesOf(file)} } from '${toRoot}platform/rpc/call.ts';`] : []),
  ];
  return [
    `// Made from proto/${file.name}.proto by \`npm run generate\`.`,
    ...platform,
    ...importsOf(file, model),
    ...file.messages.map(writeMessage),
    ...file.services.map((service) => writeService(service, model)),
    ...events.map(writeEventConstructor),
    ...(events.length > 0 ? [writeEventUnion(file, events)] : []),
  ].join('\n');
}

function callTypesOf({ services }: FileModel): string {
  const used = services.flatMap(({ methods }) => methods.map(callTypeOf));
  return [...new Set([...used, 'ServiceToken'])].sort().join(', ');
}

function callTypeOf({ takesStream, givesStream }: MethodModel): string {
  if (takesStream) return 'StreamCall';
  return givesStream ? 'ReadCall' : 'Call';
}

function importsOf(file: FileModel, model: ContractModel): string[] {
  const namesByFile = new Map<string, Set<string>>();
  const used = [
    ...file.messages.flatMap((message) => message.fields.flatMap(({ type }) => ('message' in type ? [type.message] : []))),
    ...file.services.flatMap((service) => service.methods.flatMap((method) => [method.request, method.response])),
  ];
  for (const fullName of used) {
    const message = model.messages.get(fullName);
    if (!message || message.file === file.name) continue;
    namesByFile.set(message.file, (namesByFile.get(message.file) ?? new Set()).add(message.name));
  }
  return [...namesByFile].sort().map(([from, names]) => `import type { ${[...names].sort().join(', ')} } from '${pathFrom(file.name, from)}.ts';`);
}

/** From `opora/tickets/v1/events` to `opora/tickets/v1/tickets`: `./tickets`. */
function pathFrom(file: string, target: string): string {
  const path = posix.relative(posix.dirname(file), target);
  return path.startsWith('.') ? path : `./${path}`;
}

function writeMessage({ name, comment, fields }: MessageModel): string {
  const lines = fields.map((field) => `${docOf(field.comment, '  ')}  ${field.name}${isAlwaysThere(field) ? '' : '?'}: ${typeOf(field)};`);
  return `\n${docOf(comment)}export interface ${name} {${lines.length > 0 ? `\n${lines.join('\n')}\n` : ''}}`;
}

function isAlwaysThere({ optional, rules }: FieldModel): boolean {
  return !optional || rules.required;
}

function typeOf({ shape, type, rules }: FieldModel): string {
  const value = 'message' in type ? shortName(type.message) : scalarType(type.scalar, rules.values);
  if (shape === 'map') return `Record<string, ${value}>`;
  if (shape === 'single') return value;
  return value.includes(' ') ? `(${value})[]` : `${value}[]`;
}

function scalarType(scalar: string, values: readonly string[]): string {
  if (scalar === 'bool') return 'boolean';
  if (scalar === 'bytes') return 'Uint8Array';
  if (scalar !== 'string') return 'number';
  return values.length > 0 ? values.map(quote).join(' | ') : 'string';
}

function writeService({ name, fullName, comment, methods }: ServiceModel, model: ContractModel): string {
  const lines = methods.map((method) => writeMethod(method, model));
  return [
    `\n${docOf(comment)}export interface ${name} {\n${lines.join('\n')}\n}`,
    `\nexport const ${name}: ServiceToken<${name}> = { name: ${quote(fullName)} };`,
  ].join('\n');
}

function writeMethod(method: MethodModel, model: ContractModel): string {
  const named = (fullName: string) => model.messages.get(fullName)?.name ?? shortName(fullName);
  const [request, answer] = [named(method.request), named(method.response)];
  const takes = method.takesStream ? `requests: AsyncIterable<${request}>` : `request: ${request}`;
  const gives = method.givesStream ? `AsyncIterable<${answer}>` : `Promise<${answer}>`;
  return `${docOf(method.comment, '  ')}  ${lowerFirst(method.name)}(${takes}, call: ${callTypeOf(method)}): ${gives};`;
}

function writeEventConstructor({ name, fullName, comment, event }: MessageModel): string {
  const type = quote(fullName);
  return `\n${docOf(comment)}export function ${lowerFirst(name)}(data: ${name}): NewEvent<${type}, ${name}> {\n  return { type: ${type}, key: data.${event?.key}, data };\n}`;
}

function writeEventUnion(file: FileModel, events: readonly MessageModel[]): string {
  const union = events.map(({ fullName, name }) => `\n  | Envelope<${quote(fullName)}, ${name}>`).join('');
  const name = file.source.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return `\n/** Everything that ${file.source} announces. */\nexport type ${name}Event =${union};\n`;
}

function docOf(comment: string, indent = ''): string {
  if (comment === '') return '';
  const lines = comment.replaceAll('*/', '* /').split('\n');
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join('\n')}\n${indent} */\n`;
}

function shortName(fullName: string): string {
  return fullName.slice(fullName.lastIndexOf('.') + 1);
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n')}'`;
}
