import type { CredentialService } from '../../generated/opora/directory/v1/credentials.ts';
import { type CredentialParts, credentialUseCases } from './credentials.ts';
import { toAccount, toToken } from './rpc.ts';
import { type TokenParts, tokenUseCases } from './tokens.ts';

/** The contract's methods of passwords, locks and tokens that follow one another. */
export function credentialMethods(parts: CredentialParts & TokenParts): CredentialService {
  const credentials = credentialUseCases(parts);
  const tokens = tokenUseCases(parts);
  return {
    changePassword: (request, call) => credentials.changePassword(request, call, {}),
    askPasswordReset: ({ login }, call) => credentials.askReset(login, call, {}),
    async createPasswordReset({ id }, call) {
      const { answer, secret } = await credentials.createReset(id, call, (expiresAt) => ({ expiresAt: new Date(expiresAt).toISOString() }));
      return { ...answer, secret };
    },
    resetPassword: (request, call) => credentials.resetPassword(request, call, {}),
    unlockAccount: ({ id }, call) => credentials.unlock(id, call, toAccount),
    async rotateToken({ id, overlapSeconds = 0 }, call) {
      const { answer, secret } = await tokens.rotate(id, overlapSeconds * 1000, call, toToken);
      return { ...answer, secret };
    },
  };
}
