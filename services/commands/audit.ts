import type { Command } from 'commander';
import type { AuditLink, AuditVerification } from '../../generated/opora/directory/v1/audit.ts';
import { addUrlOption, type HubApi, openHub } from './hub-api.ts';

export function addAuditCommands(program: Command): void {
  const audit = program.command('audit').description('The log of administrative acts and sign-ins (OPORA_TOKEN needs audit.read)');

  addUrlOption(
    audit.command('verify').description('Works out the chain of hashes anew, all of it; ends with 1 when a link is broken, and names the first'),
  )
    .option('--known <seq:hash>', 'an entry that an earlier run told, which must still be there: finds an end that was cut off')
    .action(async ({ url, known }: { url: string; known?: string }) => {
      const found = await verifyAudit(openHub(url), known === undefined ? undefined : readLink(known));
      console.log(describeVerification(found));
      if (!found.intact) process.exitCode = 1;
    });
}

/** Part by part, as much as a call may take; gives all parts as one. */
async function verifyAudit(api: HubApi, known: AuditLink | undefined): Promise<AuditVerification> {
  let entries = 0;
  for (let after: AuditLink | undefined; ; ) {
    const part = await api.send<AuditVerification>('POST', '/api/v1/audit/verify', { after, known });
    entries += part.entries;
    if (part.next === undefined) return { ...part, entries };
    after = part.next;
  }
}

function readLink(text: string): AuditLink {
  const [, seq, hash] = /^(\d{1,9}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (seq === undefined || hash === undefined)
    throw new Error(`"${text}" is no entry: it looks like 1024:9f86d081…, 64 hexadecimal digits after the colon.`);
  return { seq: Number(seq), hash };
}

const reasons = {
  changed: 'says something else than when it was written',
  missing: 'is not there',
  untied: 'is not tied to the entry before it: one of the two is not what was written',
  not_the_known_one: 'is another one than the known one: the log was made anew',
} as const;

function describeVerification({ intact, entries, last, broken }: AuditVerification): string {
  const told = last ? `\nThe last good one, for --known another day:\n${last.seq}:${last.hash}` : '';
  if (intact) return `${entries} entries, each tied to the one before.${told}`;
  return `Entry ${broken?.seq} ${broken ? reasons[broken.reason] : ''}. ${entries} before it are good.${told}`;
}
