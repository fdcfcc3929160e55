import { timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ChannelCredentials, type Metadata, ServerCredentials } from '@grpc/grpc-js';
import { AppError } from '../errors/app-error.ts';

/** How a process shows that it belongs to the mesh: by a certificate of the mesh's own authority, or by a key that only the mesh knows. */
export type MeshProof = { tls: { cert: string; key: string; ca: string } } | { key: string };

export interface ProofAdapter {
  server: ServerCredentials;
  channel: ChannelCredentials;
  add(metadata: Metadata): void;
  /** Throws `unauthenticated`. What a caller says of its principal counts only after this. */
  require(metadata: Metadata): void;
}

const header = 'opora-mesh-key';

/** `tls` names PEM files. A caller without a certificate of that authority does not get as far as a call. */
export function adaptProof(proof: MeshProof): ProofAdapter {
  if ('tls' in proof) {
    const [cert, key, ca] = [proof.tls.cert, proof.tls.key, proof.tls.ca].map((path) => readFileSync(path)) as [Buffer, Buffer, Buffer];
    return {
      server: ServerCredentials.createSsl(ca, [{ private_key: key, cert_chain: cert }], true),
      channel: ChannelCredentials.createSsl(ca, key, cert),
      add: () => undefined,
      require: () => undefined,
    };
  }
  const expected = Buffer.from(proof.key);
  return {
    server: ServerCredentials.createInsecure(),
    channel: ChannelCredentials.createInsecure(),
    add: (metadata) => metadata.set(header, proof.key),
    require(metadata) {
      const given = metadata.get(header)[0];
      if (typeof given === 'string' && isEqual(Buffer.from(given), expected)) return;
      throw new AppError('unauthenticated', 'The caller did not show that it belongs to this mesh');
    },
  };
}

/** In a time that tells nothing of the key but its length. */
function isEqual(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected);
}
