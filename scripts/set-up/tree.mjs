import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** All files under the given files and folders, sorted, relative to the working directory, with `/` between. */
export function listFiles(places) {
  return places
    .filter((place) => existsSync(place))
    .flatMap((place) =>
      statSync(place).isDirectory()
        ? readdirSync(place, { recursive: true, withFileTypes: true })
            .filter((entry) => entry.isFile())
            .map((entry) => join(entry.parentPath, entry.name).replaceAll('\\', '/'))
        : [place],
    )
    .sort();
}

export function hashOf(...contents) {
  const hash = createHash('sha256');
  for (const content of contents) hash.update(content).update('\0');
  return hash.digest('hex');
}

/**
 * What `stamp` (a file written by `stampTree`) does not yet know of these files. A file is read only when its size or time changed,
 * and counts as changed only when its content did. `key` is what else the result depends on: another key makes everything changed.
 */
export function compareTree(stamp, files, key) {
  const before = readStamp(stamp, key);
  const now = {};
  const changed = [];
  for (const file of files) {
    const { size, mtimeMs } = statSync(file);
    const known = before[file];
    const same = known !== undefined && known.size === size && known.mtimeMs === mtimeMs;
    const hash = same ? known.hash : hashOf(readFileSync(file));
    if (hash !== known?.hash) changed.push(file);
    now[file] = { size, mtimeMs, hash };
  }
  const removed = Object.keys(before).filter((file) => now[file] === undefined);
  return { changed, removed, stamped: JSON.stringify({ key, files: now }) };
}

function readStamp(stamp, key) {
  try {
    const { key: stampedKey, files } = JSON.parse(readFileSync(stamp, 'utf8'));
    return stampedKey === key ? files : {};
  } catch {
    return {}; // absent, or cut off by a kill: everything counts as new
  }
}
