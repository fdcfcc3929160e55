import type { DescEnum, DescField, DescFile, DescMessage, DescMethod, DescService } from '@bufbuild/protobuf';

export type Declared = DescFile | DescEnum | DescMessage | DescField | DescService | DescMethod;

/** Where a declaration stands, below proto/. */
export function placeOf(declared: Declared): { file: string; line: number } {
  return { file: fileOf(declared).proto.name, line: (locationOf(declared)?.span[0] ?? 0) + 1 };
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
  return 'file' in declared ? declared.file : declared.parent.file;
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
    case 'enum':
      return [5, declared.file.proto.enumType.indexOf(declared.proto)];
    case 'field':
      return [...pathOf(declared.parent), 2, declared.parent.proto.field.indexOf(declared.proto)];
    case 'service':
      return [6, declared.file.proto.service.indexOf(declared.proto)];
    case 'rpc':
      return [...pathOf(declared.parent), 2, declared.parent.proto.method.indexOf(declared.proto)];
  }
}
