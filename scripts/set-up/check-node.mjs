// The first thing that every command imports, written so that an old Node can still read it.
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Opora needs Node 20.19 or newer, and this is Node ${process.versions.node} (${process.execPath}).`);
  console.error('Install the LTS release from https://nodejs.org and run the command again.');
  process.exit(1);
}
