import type { SignInProvider } from '../../../generated/opora/directory/v1/sign_in.ts';
import type { FieldViolation } from '../../../platform/errors/app-error.ts';

/** What is wrong with a provider beyond what the contract says, each at its place. */
export function checkProvider({ oidc, ldap, personSystem }: SignInProvider): FieldViolation[] {
  const violations: FieldViolation[] = [];
  const refuse = (pointer: string, message: string) => void violations.push({ pointer, message });
  if ((oidc === undefined) === (ldap === undefined)) refuse('', 'must have either oidc or ldap');
  if ((personSystem === undefined) !== ((oidc?.personClaim ?? ldap?.personAttribute) === undefined))
    refuse('/personSystem', 'stands together with personClaim or personAttribute');
  if (oidc) {
    if (!isSafe(oidc.issuer, 'https:', 'http:')) refuse('/oidc/issuer', 'must begin with https://; http:// is for a provider on this machine');
    if (oidc.apiAudience !== undefined && oidc.apiAudience === oidc.clientId)
      refuse('/oidc/apiAudience', 'must not be the client id: an ID token would be taken for an access token');
  }
  if (ldap) {
    if (!ldap.startTls && !isSafe(ldap.url, 'ldaps:', 'ldap:'))
      refuse('/ldap/url', 'must begin with ldaps://, or take startTls: passwords would travel in the clear');
    if (ldap.startTls && ldap.url.startsWith('ldaps:')) refuse('/ldap/startTls', 'is for ldap://; ldaps:// is encrypted from the start');
    if (!ldap.filter.includes('{login}')) refuse('/ldap/filter', 'must have {login}');
    if ((ldap.groupBase === undefined) !== (ldap.groupFilter === undefined)) refuse('/ldap/groupFilter', 'stands together with groupBase');
    if (ldap.groupFilter !== undefined && !ldap.groupFilter.includes('{dn}')) refuse('/ldap/groupFilter', 'must have {dn}');
    if ((ldap.bindDn === undefined) !== (ldap.bindPasswordVariable === undefined))
      refuse('/ldap/bindPasswordVariable', 'stands together with bindDn');
  }
  return violations;
}

/** Encrypted, or not leaving this machine. */
function isSafe(url: string, encrypted: string, plain: string): boolean {
  const found = /^([a-z]+:)\/\/(\[[^\]]+\]|[^/:?#]+)/i.exec(url);
  const [, protocol, host] = found ?? [];
  return protocol === encrypted || (protocol === plain && host !== undefined && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(host));
}
