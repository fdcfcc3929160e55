import { create, createFileRegistry, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type CodeGeneratorRequest,
  CodeGeneratorRequestSchema,
  CodeGeneratorResponse_Feature,
  CodeGeneratorResponseSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';
import { ContractRefused, readModel } from './read-model.ts';
import { writeFiles } from './write-files.ts';

/** A plugin of `buf generate`: a CodeGeneratorRequest on standard input, a CodeGeneratorResponse on standard output. */
const request = fromBinary(CodeGeneratorRequestSchema, await readStandardInput());
process.stdout.write(toBinary(CodeGeneratorResponseSchema, answer(request)));

function answer({ protoFile, fileToGenerate }: CodeGeneratorRequest) {
  const supportedFeatures = BigInt(CodeGeneratorResponse_Feature.PROTO3_OPTIONAL);
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: protoFile }));
  const wanted = [...registry.files].filter((file) => fileToGenerate.includes(file.proto.name));
  try {
    const files = writeFiles(readModel(wanted, registry));
    return create(CodeGeneratorResponseSchema, { supportedFeatures, file: [...files].map(([name, content]) => ({ name, content })) });
  } catch (error) {
    if (!(error instanceof ContractRefused)) throw error;
    return create(CodeGeneratorResponseSchema, { supportedFeatures, error: error.message });
  }
}

async function readStandardInput(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}
