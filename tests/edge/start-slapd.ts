import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../mesh/api.ts';
import { findFreePort } from './start-hub.ts';

export interface Slapd {
  /** ldap://127.0.0.1:PORT, which also speaks StartTLS. */
  url: string;
  /** It keeps its connections and says nothing any more, until it goes on. */
  freeze(): void;
  goOn(): void;
  stop(): Promise<void>;
}

const tls = (file: string) => fileURLToPath(new URL(`../../platform/rpc/fixtures/tls/${file}`, import.meta.url));

/** A real OpenLDAP in a folder and on a port of its own, with these entries; nobody but `cn=search,dc=test` (password `search`) may look at anything. */
export async function startSlapd(slapd: string, ldif: string): Promise<Slapd> {
  const folder = mkdtempSync(join(tmpdir(), 'opora-slapd-'));
  const config = join(folder, 'slapd.conf');
  writeFileSync(
    config,
    `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile ${join(folder, 'pid')}
TLSCACertificateFile ${tls('ca.pem')}
TLSCertificateFile ${tls('service.pem')}
TLSCertificateKeyFile ${tls('service.key')}
database mdb
suffix "dc=test"
rootdn "cn=search,dc=test"
rootpw search
directory ${folder}
access to attrs=userPassword by anonymous auth by * none
access to * by * none
`,
  );
  writeFileSync(join(folder, 'entries.ldif'), ldif);
  execFileSync(join(dirname(slapd), 'slapadd'), ['-q', '-f', config, '-l', join(folder, 'entries.ldif')], { stdio: ['ignore', 'ignore', 'pipe'] });
  const port = await findFreePort();
  const url = `ldap://127.0.0.1:${port}`;
  const server: ChildProcess = spawn(slapd, ['-f', config, '-h', url, '-d', '0'], { stdio: 'ignore' });
  const gone = new Promise((resolve) => server.once('exit', resolve));
  await eventually(() => answers(port));
  return {
    url,
    freeze: () => void server.kill('SIGSTOP'),
    goOn: () => void server.kill('SIGCONT'),
    async stop() {
      server.kill('SIGCONT');
      server.kill('SIGTERM');
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
