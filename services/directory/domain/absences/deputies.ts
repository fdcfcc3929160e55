/** When somebody is away, in epoch milliseconds: from `start` until, but not at, `end`; and who stands in. */
export interface AbsencePeriod {
  personId: string;
  start: number;
  end: number;
  deputyId?: string;
}

/** Who stands in for somebody: those who were asked in turn, and the one among them who is there. */
export interface Deputies {
  chain: string[];
  /** Undefined: the person is there, or nobody who stands in is. */
  deputyId?: string;
}

/**
 * Follows the deputies from a person at a moment: a deputy who is away too has a deputy. Of several absences at once the one that began last counts, and
 * one with a deputy before one without. A ring of people who stand in for each other, all of them away, leads to nobody.
 */
export function findDeputy(personId: string, at: number, absences: readonly AbsencePeriod[]): Deputies {
  const chain: string[] = [];
  for (let absence = absenceOf(personId); absence; absence = absenceOf(absence.deputyId)) {
    const next = absence.deputyId;
    if (next === undefined || next === personId || chain.includes(next)) return { chain };
    chain.push(next);
  }
  const deputyId = chain.at(-1);
  return { chain, ...(deputyId !== undefined && { deputyId }) };

  function absenceOf(id: string | undefined): AbsencePeriod | undefined {
    return absences
      .filter((absence) => absence.personId === id && absence.start <= at && at < absence.end)
      .toSorted((one, other) => Number(one.deputyId === undefined) - Number(other.deputyId === undefined) || other.start - one.start)[0];
  }
}

/**
 * A moment at which the deputies of `absence` would lead back to the one who is away; undefined: there is none. `others` are the absences that are at the
 * same time, of all who stand in.
 */
export function findDeputyRing(absence: AbsencePeriod, others: readonly AbsencePeriod[]): number | undefined {
  const all = [...others, absence];
  // Who follows whom changes only when an absence begins or ends.
  const moments = [absence.start, ...all.flatMap(({ start, end }) => [start, end])].filter((at) => absence.start <= at && at < absence.end);
  return moments.find((at) => {
    const seen = new Set([absence.personId]);
    for (let id = absence.deputyId; id !== undefined; id = findDirectDeputy(id, at)) {
      if (seen.has(id)) return id === absence.personId;
      seen.add(id);
    }
    return false;
  });

  function findDirectDeputy(id: string, at: number): string | undefined {
    return findDeputy(id, at, others).chain[0];
  }
}
