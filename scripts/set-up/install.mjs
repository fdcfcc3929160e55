import { readFileSync } from 'node:fs';
import { runStep } from './run-step.mjs';

/** Makes node_modules what package-lock.json says, when it is not. */
export async function installPackages() {
  if (isInstalled()) return;
  // Building needs the development packages, whatever NODE_ENV says.
  await runStep('installing packages', 'npm', ['ci', '--include=dev', '--no-audit', '--no-fund']);
}

// npm notes in node_modules/.package-lock.json what it has installed, as its last act.
function isInstalled() {
  const wanted = readPackages('package-lock.json');
  let installed;
  try {
    installed = readPackages('node_modules/.package-lock.json');
  } catch {
    return false;
  }
  return Object.entries(wanted).every(([path, { version, integrity, optional }]) => {
    if (path === '') return true; // we ourselves
    const found = installed[path];
    if (found === undefined) return optional === true; // made for another machine
    return found.version === version && found.integrity === integrity;
  });
}

function readPackages(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}
