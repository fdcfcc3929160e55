import { isIP } from 'node:net';
import { Client, type Entry, InvalidCredentialsError } from 'ldapts';
import type { LdapSettings } from '../../../generated/opora/directory/v1/sign_in.ts';
import { AppError } from '../../../platform/errors/app-error.ts';
import { fillFilter } from '../domain/ldap-filter.ts';
import type { Subject } from '../domain/subject.ts';
import type { ProviderState } from './provider-store.ts';
import { type Environment, readSecret } from './read-secret.ts';

type Provider = ProviderState & { ldap: LdapSettings };

/** Attributes whose values are bytes; they are told in hexadecimal digits. */
const binaryAttributes = ['objectGUID', 'objectSid'];

/**
 * Whom this login and password stand for in an LDAP directory: finds the one entry of the login and binds as it. Undefined for a login that it does not have
 * (or has twice) and for a wrong password. Throws AppError `unavailable` when it does not answer in time.
 */
export async function signInByLdap(provider: Provider, login: string, password: string, environment: Environment): Promise<Subject | undefined> {
  // A bind without a password is anonymous, and succeeds.
  if (password === '' || login === '') return undefined;
  const { ldap } = provider;
  const ending = AbortSignal.timeout((ldap.timeoutSeconds ?? 5) * 1000);
  try {
    return await within(ending, async (open) => {
      const searcher = await open(ldap);
      if (ldap.bindDn !== undefined) await searcher.bind(ldap.bindDn, readSecret(environment, ldap.bindPasswordVariable ?? ''));
      const entry = await findOne(searcher, ldap, login);
      if (!entry) return undefined;
      const groups = ldap.groupBase === undefined ? textsOf(entry, ldap.groupsAttribute ?? 'memberOf') : await findGroups(searcher, ldap, entry.dn);
      if (!(await bindsAs(await open(ldap), entry.dn, password))) return undefined;
      return toSubject(entry, ldap, groups);
    });
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('unavailable', `${provider.titleEn} does not answer. Try again later.`, { retryAfterSeconds: 10, cause: error });
  }
}

export function hasLdap(provider: ProviderState): provider is Provider {
  return provider.ldap !== undefined;
}

/** Whatever was opened is closed, also when there is no time left. */
async function within<Result>(ending: AbortSignal, work: (open: (ldap: LdapSettings) => Promise<Client>) => Promise<Result>): Promise<Result> {
  const clients: Client[] = [];
  const isOver = new Promise<never>((_, reject) =>
    ending.addEventListener('abort', () => reject(new Error('The LDAP server took too long.')), { once: true }),
  );
  isOver.catch(() => undefined);
  const open = async ({ url, startTls, trustedCertificates, timeoutSeconds = 5 }: LdapSettings) => {
    const tlsOptions = trustedCertificates === undefined ? {} : { ca: trustedCertificates };
    const milliseconds = timeoutSeconds * 1000;
    const client = new Client({ url, timeout: milliseconds, connectTimeout: milliseconds, ...(url.startsWith('ldaps:') && { tlsOptions }) });
    clients.push(client);
    const { hostname } = new URL(url);
    // The certificate must be for this host; an address has no name to ask for one by.
    if (startTls) await client.startTLS({ ...tlsOptions, host: hostname, ...(isIP(hostname) === 0 && { servername: hostname }) });
    return client;
  };
  try {
    return await Promise.race([work(open), isOver]);
  } finally {
    for (const client of clients) client.unbind().catch(() => undefined);
  }
}

async function findOne(client: Client, ldap: LdapSettings, login: string): Promise<Entry | undefined> {
  const {
    subjectAttribute = 'entryUUID',
    loginAttribute = 'uid',
    nameAttribute = 'cn',
    emailAttribute = 'mail',
    groupsAttribute = 'memberOf',
  } = ldap;
  const { searchEntries } = await client.search(ldap.base, {
    scope: 'sub',
    filter: fillFilter(ldap.filter, { login }),
    attributes: [
      subjectAttribute,
      loginAttribute,
      nameAttribute,
      emailAttribute,
      groupsAttribute,
      ...(ldap.personAttribute === undefined ? [] : [ldap.personAttribute]),
    ],
    explicitBufferAttributes: binaryAttributes,
    sizeLimit: 2,
  });
  return searchEntries.length === 1 ? searchEntries[0] : undefined;
}

async function findGroups(client: Client, { groupBase = '', groupFilter = '' }: LdapSettings, dn: string): Promise<string[]> {
  const { searchEntries } = await client.search(groupBase, {
    scope: 'sub',
    filter: fillFilter(groupFilter, { dn }),
    attributes: ['1.1'],
    sizeLimit: 1_000,
  });
  return searchEntries.map((group) => group.dn);
}

async function bindsAs(client: Client, dn: string, password: string): Promise<boolean> {
  try {
    await client.bind(dn, password);
    return true;
  } catch (error) {
    if (error instanceof InvalidCredentialsError) return false;
    throw error;
  }
}

function toSubject(entry: Entry, ldap: LdapSettings, groups: readonly string[]): Subject | undefined {
  const [subject] = textsOf(entry, ldap.subjectAttribute ?? 'entryUUID');
  if (subject === undefined) return undefined;
  const [login] = textsOf(entry, ldap.loginAttribute ?? 'uid');
  const [name] = textsOf(entry, ldap.nameAttribute ?? 'cn');
  const [email] = textsOf(entry, ldap.emailAttribute ?? 'mail');
  const [person] = ldap.personAttribute === undefined ? [] : textsOf(entry, ldap.personAttribute);
  return {
    subject,
    ...(login !== undefined && { login }),
    ...(name !== undefined && { name }),
    ...(email !== undefined && { email }),
    ...(person !== undefined && { person }),
    groups,
  };
}

/** Names of attributes are the same in small and capital letters. */
function textsOf(entry: Entry, name: string): string[] {
  const found = Object.entries(entry).find(([key]) => key.toLowerCase() === name.toLowerCase());
  return [found?.[1] ?? []].flat().flatMap((value) => {
    const text = typeof value === 'string' ? value : value.toString('hex');
    return text === '' ? [] : [text];
  });
}
