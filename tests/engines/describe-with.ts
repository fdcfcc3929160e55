import type { KafkaEngine, Neo4jEngine } from './engine-source.ts';
import { findProgram } from './find-program.ts';
import { findPrometheus, type PrometheusPrograms } from './find-prometheus.ts';
import type { SharedEngines } from './shared-engines.ts';

const shared = JSON.parse(process.env['OPORA_TEST_ENGINES'] ?? '{}') as Partial<SharedEngines>;
const required = (process.env['REQUIRE'] ?? '').split(',');

/**
 * `describe` for tests that need a real Kafka: the one that the whole run shares, so topics and groups need names of their own.
 * Without one they are reported as skipped by name; REQUIRE=kafka makes that a failure. `kafka` is filled before the first hook of `tests`.
 */
export function describeWithKafka(name: string, tests: (kafka: KafkaEngine) => void): void {
  describeWith('kafka', name, tests);
}

/** As `describeWithKafka`, for Neo4j. Its one database is shared: mark what a test writes, and look only at that. */
export function describeWithNeo4j(name: string, tests: (neo4j: Neo4jEngine) => void): void {
  describeWith('neo4j', name, tests);
}

/** `describe` for tests that start a whole mesh, with a Kafka and a Neo4j of its own; skipped by name without Java and Maven, unless REQUIRE says either engine. */
export function describeWithMesh(name: string, tests: () => void): void {
  const wanted = required.find((engine) => engine === 'kafka' || engine === 'neo4j');
  if (shared.mesh === true) describe(name, tests);
  else if (wanted !== undefined) failForLack(name, wanted, 'a mesh brings its own: install Java 17 and Maven');
  else describe.skip(name, tests);
}

/** `describe` for tests that start a Prometheus and an Alertmanager of their own; skipped by name without them, unless REQUIRE says `prometheus`. */
export function describeWithPrometheus(name: string, tests: (programs: PrometheusPrograms) => void): void {
  const programs = findPrometheus();
  if (programs) describe(name, () => tests(programs));
  else if (required.includes('prometheus')) failForLack(name, 'prometheus', "install Debian's packages prometheus and prometheus-alertmanager");
  else describe.skip(name, () => tests({ prometheus: '', alertmanager: '' }));
}

/** `describe` for tests that start an LDAP server of their own; skipped by name without OpenLDAP's, unless REQUIRE says `slapd`. */
export function describeWithSlapd(name: string, tests: (slapd: string) => void): void {
  const slapd = findProgram('slapd');
  if (slapd !== undefined) describe(name, () => tests(slapd));
  else if (required.includes('slapd')) failForLack(name, 'slapd', "install Debian's package slapd");
  else describe.skip(name, () => tests(''));
}

function failForLack(name: string, engine: string, remedy: string): void {
  it(`${name}: finds the ${engine} that REQUIRE asks for`, () => {
    throw new Error(`no ${engine}: ${remedy}`);
  });
}

function describeWith<Engine extends object>(engine: 'kafka' | 'neo4j', name: string, tests: (running: Engine) => void): void {
  const available = shared[engine] === true;
  if (!available && required.includes(engine)) {
    failForLack(name, engine, 'name one in the environment, or install Docker, or Java 17 and Maven');
    return;
  }
  (available ? describe : describe.skip)(name, () => {
    const running = {} as Engine;
    beforeAll(async () => {
      const response = await fetch(`${shared.url}/${engine}`);
      if (!response.ok) throw new Error(`${engine} did not start: ${await response.text()}`);
      Object.assign(running, await response.json());
    }, 300_000);
    tests(running);
  });
}
