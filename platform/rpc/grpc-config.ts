import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);
const file = (holding: string) => z.string().optional().describe(`PEM file with ${holding}`);

/** What the mesh's processes read of the environment to find and to trust each other. */
export const grpcConfig = z
  .object({
    OPORA_GRPC_HOST: z.string().default('127.0.0.1').describe('where this process serves gRPC'),
    OPORA_GRPC_PORT: port.default(50_051).describe('its port; also the port of services that OPORA_GRPC_PEERS does not name'),
    OPORA_GRPC_PEERS: z
      .string()
      .default('')
      .describe('services that are not found at their own name: tickets=127.0.0.1:50061,sla=127.0.0.1:50062')
      .transform(readPeers),
    OPORA_TLS_CERT: file('the certificate of this process, for mutual TLS'),
    OPORA_TLS_KEY: file('its key'),
    OPORA_TLS_CA: file('the authority that all processes of the mesh are signed by'),
    OPORA_MESH_KEY: z.string().min(32, 'needs at least 32 characters').optional().describe('shared by all processes of a mesh without mutual TLS'),
  })
  .superRefine((config, context) => {
    const files = [config.OPORA_TLS_CERT, config.OPORA_TLS_KEY, config.OPORA_TLS_CA];
    const given = files.filter((path) => path !== undefined).length;
    const refuse = (variable: string, message: string) => context.addIssue({ code: 'custom', path: [variable], message });
    if (given > 0 && given < files.length) refuse('OPORA_TLS_CERT', 'mutual TLS needs all of OPORA_TLS_CERT, OPORA_TLS_KEY and OPORA_TLS_CA');
    if (given === 0 && config.OPORA_MESH_KEY === undefined) {
      refuse('OPORA_MESH_KEY', 'without mutual TLS (OPORA_TLS_CERT, OPORA_TLS_KEY, OPORA_TLS_CA) the processes of a mesh need a key in common');
    }
  });
export type GrpcConfig = z.output<typeof grpcConfig>;

/** Where the service (`tickets`) serves: as OPORA_GRPC_PEERS says, else at the host of its own name, as in Kubernetes. */
export function findPeer(config: Pick<GrpcConfig, 'OPORA_GRPC_PEERS' | 'OPORA_GRPC_PORT'>, service: string): string {
  return config.OPORA_GRPC_PEERS[service] ?? `${service}:${config.OPORA_GRPC_PORT}`;
}

function readPeers(text: string, context: z.RefinementCtx): Record<string, string> {
  const peers: Record<string, string> = {};
  for (const part of text.split(',').filter((one) => one.trim() !== '')) {
    const [, service, address] = /^\s*([a-z][a-z_]*)=(\S+:\d+)\s*$/.exec(part) ?? [];
    if (service === undefined || address === undefined) context.addIssue(`"${part}" is not like tickets=127.0.0.1:50061`);
    else peers[service] = address;
  }
  return peers;
}
