import type { DescField, DescFile, DescMessage, DescMethod, DescService } from '@bufbuild/protobuf';

export type Declared = DescFile | DescMessage | DescField | DescService | DescMethod;

/** Where a declaration stands, as an editor opens it: `opora/tickets/v1/tickets.proto:42`. */
export function placeOf(declared: Declared): string {
  const line = locationOf(declared)?.span[0] ?? 0;
  return `${fileOf(declared).proto.name}:${line + 1}`;
}

/** The comment above a declaration, its lines trimmed. */
export function commentOf(declared: Declared): string {
  const text = locationOf(declared)?.leadingComments ?? '';
  return text
    .split('\n')
    .map((line) => line.trim())
    .join('\n')
    .trim();
}

function locationOf(declared: Declared) {
  const wanted = pathOf(declared).join(',');
  return fileOf(declared).proto.sourceCodeInfo?.location.find((location) => location.path.join(',') === wanted);
}

function fileOf(declared: Declared): DescFile {
  if (declared.kind === 'file') return declared;
  return declared.kind === 'message' || declared.kind === 'service' ? declared.file : declared.parent.file;
}

/** The path that descriptor.proto gives to a declaration: field numbers and indexes, from the file down. */
function pathOf(declared: Declared): number[] {
  switch (declared.kind) {
    case 'file':
      return [2];
    case 'message':
      return declared.parent
        ? [...pathOf(declared.parent), 3, declared.parent.proto.nestedType.indexOf(declared.proto)]
        : [4, declared.file.proto.messageType.indexOf(declared.proto)];
    case 'field':
      return [...pathOf(declared.parent), 2, declared.parent.proto.field.indexOf(declared.proto)];
    case 'service':
      return [6, declared.file.proto.service.indexOf(declared.proto)];
    case 'rpc':
      return [...pathOf(declared.parent), 2, declared.parent.proto.method.indexOf(declared.proto)];
  }
}
