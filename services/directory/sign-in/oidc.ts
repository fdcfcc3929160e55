import { createHash } from 'node:crypto';
import { createRemoteJWKSet, decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import * as openid from 'openid-client';
import type { OidcSettings } from '../../../generated/opora/directory/v1/sign_in.ts';
import { AppError } from '../../../platform/errors/app-error.ts';
import { readSubject, type Subject } from '../domain/subject.ts';
import type { ProviderState } from './provider-store.ts';
import { type Environment, readSecret } from './read-secret.ts';

/** How long a provider is waited for, in seconds: its metadata, its keys, its answer to a code. */
const patience = 5;
/** What it says of itself is asked again after this long. */
const metadataMilliseconds = 3_600_000;
/** A key that is not known makes us ask for all of them again, no oftener than this. */
const keysAgainAfter = 1_000;
/** Only those whose key nobody but the provider has. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];
const skewSeconds = 5;

type Provider = ProviderState & { oidc: OidcSettings };

/** What the browser carries from the beginning of a sign-in to its end. */
export interface Flow {
  provider: string;
  state: string;
  nonce: string;
  verifier: string;
  redirectUri: string;
  returnTo: string;
}

/** Whom an access token is for. */
export interface TokenHolder {
  subject: string;
  /** A UUID that is made of the token. */
  credentialId: string;
  /** Epoch milliseconds. */
  expiresAt: number;
}

export type OidcClients = ReturnType<typeof createOidcClients>;

/** OpenID Connect with whatever providers there are; what each says of itself, and its keys, are kept. */
export function createOidcClients(environment: Environment) {
  const clients = new LRUCache<string, Promise<openid.Configuration>>({ max: 100, ttl: metadataMilliseconds });
  const keys = new LRUCache<string, ReturnType<typeof createRemoteJWKSet>>({ max: 100 });

  async function discover({ oidc }: Provider): Promise<openid.Configuration> {
    const secret = oidc.clientSecretVariable === undefined ? undefined : readSecret(environment, oidc.clientSecretVariable);
    const issuer = new URL(oidc.issuer);
    return openid.discovery(issuer, oidc.clientId, secret, secret === undefined ? openid.None() : undefined, {
      timeout: patience,
      // The contract takes http only for a provider on this machine.
      execute: issuer.protocol === 'http:' ? [openid.allowInsecureRequests] : [],
    });
  }

  /** Throws AppError `unavailable` when the provider does not answer as one should. */
  async function clientOf(provider: Provider): Promise<openid.Configuration> {
    const key = `${provider.name} ${provider.version}`;
    const asked = clients.get(key) ?? discover(provider);
    clients.set(key, asked);
    try {
      return await asked;
    } catch (error) {
      clients.delete(key);
      throw error instanceof AppError ? error : silent(provider, error);
    }
  }

  async function keysOf(provider: Provider): Promise<ReturnType<typeof createRemoteJWKSet>> {
    const address = (await clientOf(provider)).serverMetadata().jwks_uri;
    if (address === undefined) throw silent(provider, 'no jwks_uri');
    const known = keys.get(address);
    if (known) return known;
    const made = createRemoteJWKSet(new URL(address), { cooldownDuration: keysAgainAfter, timeoutDuration: patience * 1000 });
    keys.set(address, made);
    return made;
  }

  return {
    /** Where the browser goes, and what it needs when it comes back. */
    async begin(provider: Provider, { redirectUri, returnTo }: Pick<Flow, 'redirectUri' | 'returnTo'>): Promise<{ url: string; flow: Flow }> {
      const client = await clientOf(provider);
      const verifier = openid.randomPKCECodeVerifier();
      const flow = { provider: provider.name, state: openid.randomState(), nonce: openid.randomNonce(), verifier, redirectUri, returnTo };
      const url = openid.buildAuthorizationUrl(client, {
        redirect_uri: redirectUri,
        scope: provider.oidc.scopes.length > 0 ? [...new Set(['openid', ...provider.oidc.scopes])].join(' ') : 'openid profile email',
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state: flow.state,
        nonce: flow.nonce,
      });
      return { url: url.href, flow };
    },

    /** Whom the code that came back stands for. Throws AppError `unauthenticated` for one that the provider refuses and for what does not belong to `flow`. */
    async complete(provider: Provider, flow: Flow, callbackUrl: string): Promise<Subject> {
      const client = await clientOf(provider);
      // Where we said that it comes back to, whatever a proxy calls it.
      const url = new URL(flow.redirectUri);
      url.search = new URL(callbackUrl).search;
      try {
        const tokens = await openid.authorizationCodeGrant(client, url, {
          pkceCodeVerifier: flow.verifier,
          expectedState: flow.state,
          expectedNonce: flow.nonce,
          idTokenExpected: true,
        });
        const claims = tokens.claims();
        if (!claims) throw new AppError('unauthenticated', 'The provider did not say who it is.');
        // A provider may tell of a person only when it is asked with the access token.
        const more =
          client.serverMetadata().userinfo_endpoint === undefined ? {} : await openid.fetchUserInfo(client, tokens.access_token, claims.sub);
        const { loginClaim = 'preferred_username', nameClaim = 'name', emailClaim = 'email', groupsClaim = 'groups' } = provider.oidc;
        return readSubject(
          claims.sub,
          { ...claims, ...more },
          { login: loginClaim, name: nameClaim, email: emailClaim, groups: groupsClaim, person: provider.oidc.personClaim },
        );
      } catch (error) {
        throw isRefusal(error)
          ? new AppError('unauthenticated', `${provider.titleEn} did not let this sign-in through: begin again.`, { cause: error })
          : error instanceof AppError
            ? error
            : silent(provider, error);
      }
    },

    /** Where the browser ends its session with the provider, if that is possible and known already. */
    async endUrl(provider: Provider, returnTo: string): Promise<string | undefined> {
      const client = await clientOf(provider);
      if (client.serverMetadata().end_session_endpoint === undefined) return undefined;
      return openid.buildEndSessionUrl(client, { post_logout_redirect_uri: returnTo }).href;
    },

    /**
     * Whose an access token is, by its signature, issuer, audience and times. No provider is asked while its keys are known.
     * Throws AppError `unauthenticated`, and `unavailable` when the keys are not to be had.
     */
    async verify(providers: readonly ProviderState[], token: string, now: number): Promise<{ provider: Provider; holder: TokenHolder }> {
      const provider = providers.filter(hasOidc).find(({ enabled, oidc }) => enabled && oidc.apiAudience !== undefined && isOf(token, oidc.issuer));
      if (!provider) throw new AppError('unauthenticated', 'The token is of no provider that is known here.');
      try {
        const { payload } = await jwtVerify(token, await keysOf(provider), {
          issuer: (await clientOf(provider)).serverMetadata().issuer,
          audience: provider.oidc.apiAudience ?? '',
          algorithms,
          currentDate: new Date(now),
          clockTolerance: skewSeconds,
          requiredClaims: ['sub', 'exp'],
        });
        const { sub = '', exp = 0 } = payload;
        return { provider, holder: { subject: sub, credentialId: toUuid(token), expiresAt: exp * 1000 } };
      } catch (error) {
        if (error instanceof AppError) throw error;
        if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout))
          throw new AppError('unauthenticated', 'The access token is not valid (any more).', { cause: error });
        throw silent(provider, error);
      }
    },
  };
}

export function hasOidc(provider: ProviderState): provider is Provider {
  return provider.oidc !== undefined;
}

/** What no API token of ours looks like. */
export function isJwt(token: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token);
}

function isOf(token: string, issuer: string): boolean {
  try {
    const payload: JWTPayload = decodeJwt(token);
    return payload.iss?.replace(/\/$/, '') === issuer.replace(/\/$/, '');
  } catch {
    return false;
  }
}

/** The provider said no, or something that came back is not what belongs there; anything else is that it could not be asked. */
function isRefusal(error: unknown): boolean {
  if (error instanceof openid.ResponseBodyError) return error.status < 500;
  if (error instanceof openid.AuthorizationResponseError) return true;
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && /^OAUTH_(INVALID_RESPONSE|JWT_|ATTRIBUTE_COMPARISON|KEY_SELECTION|PARSE_ERROR|INVALID_REQUEST)/.test(code);
}

function silent({ titleEn }: ProviderState, cause: unknown): AppError {
  return new AppError('unavailable', `${titleEn} does not answer. Try again later, or sign in with a password.`, { retryAfterSeconds: 10, cause });
}

/** The same for the same token: its SHA-256 in the form of a UUID of version 8. */
function toUuid(token: string): string {
  const hex = createHash('sha256').update(token).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
