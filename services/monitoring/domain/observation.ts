/** What a source said of one alert in one payload, whatever the source. Times are epoch milliseconds. */
export interface Observation {
  fingerprint: string;
  startsAt: number;
  firing: boolean;
  endsAt?: number;
  name: string;
  severity: string;
  summary: string;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  generatorUrl?: string;
}

/** An occurrence as it is known. */
export interface KnownAlert {
  id: string;
  fingerprint: string;
  startsAt: number;
  open: boolean;
  name: string;
}

export type Reason = 'reported' | 'superseded';

/** An occurrence that was not known before, as it is to be kept. */
export interface NewAlert {
  id: string;
  observation: Observation;
  open: boolean;
  endsAt?: number;
  repeats: number;
}

export type Happening =
  | { kind: 'opened'; id: string; observation: Observation }
  | { kind: 'ended'; id: string; fingerprint: string; name: string; endsAt: number; reason: Reason };

export interface Intake {
  inserted: NewAlert[];
  /** Known alerts that are over now. */
  ended: { id: string; endsAt: number }[];
  /** Known alerts that were told again, and how often. */
  repeated: Map<string, number>;
  /** What is to be announced, in order. */
  happenings: Happening[];
  /** What became of each observation, in the order of the input. */
  outcomes: ('opened' | 'repeated' | 'resolved')[];
}

/**
 * Decides what observations mean, given what is known of their fingerprints: all that is open, the newest occurrence and the occurrences named.
 * An occurrence that is over never opens again; a later occurrence shows that the earlier one is over; one that is heard of
 * only when it is over is recorded and announced to nobody.
 */
export function takeIn(observations: readonly Observation[], known: readonly KnownAlert[], now: number, newId: (at: number) => string): Intake {
  const intake: Intake = { inserted: [], ended: [], repeated: new Map(), happenings: [], outcomes: [] };
  const occurrences = new Map<string, Map<number, KnownAlert & { fresh?: NewAlert }>>();
  const siblingsOf = (fingerprint: string) => {
    let siblings = occurrences.get(fingerprint);
    if (!siblings) occurrences.set(fingerprint, (siblings = new Map()));
    return siblings;
  };
  for (const alert of known) siblingsOf(alert.fingerprint).set(alert.startsAt, { ...alert });

  const end = (alert: KnownAlert & { fresh?: NewAlert }, endsAt: number, reason: Reason) => {
    alert.open = false;
    if (alert.fresh) Object.assign(alert.fresh, { open: false, endsAt });
    else intake.ended.push({ id: alert.id, endsAt });
    intake.happenings.push({ kind: 'ended', id: alert.id, fingerprint: alert.fingerprint, name: alert.name, endsAt, reason });
  };

  for (const observation of observations) {
    const { fingerprint, startsAt, firing, endsAt = now } = observation;
    const siblings = siblingsOf(fingerprint);
    const same = siblings.get(startsAt);
    if (same && !firing && same.open) {
      end(same, endsAt, 'reported');
      intake.outcomes.push('resolved');
    } else if (same) {
      if (same.fresh) same.fresh.repeats++;
      else intake.repeated.set(same.id, (intake.repeated.get(same.id) ?? 0) + 1);
      intake.outcomes.push('repeated');
    } else {
      const newest = Math.max(...siblings.keys());
      const isOver = !firing || startsAt < newest;
      const fresh: NewAlert = { id: newId(now), observation, open: !isOver, repeats: 0, ...(isOver && { endsAt: firing ? newest : endsAt }) };
      intake.inserted.push(fresh);
      if (!isOver) {
        for (const earlier of siblings.values()) if (earlier.open) end(earlier, startsAt, 'superseded');
        intake.happenings.push({ kind: 'opened', id: fresh.id, observation });
      }
      siblings.set(startsAt, { id: fresh.id, fingerprint, startsAt, open: !isOver, name: observation.name, fresh });
      intake.outcomes.push(isOver ? 'resolved' : 'opened');
    }
  }
  return intake;
}
