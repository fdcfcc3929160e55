interface Shift {
  from: string;
  to: string;
}

export interface Schedule {
  key: string;
  name: string;
  timeZone: string;
  cycleStart: string;
  days: { shifts: Shift[] }[];
  exceptions: { date: string; shifts: Shift[]; name: string }[];
}

const free = { shifts: [] };
const office = {
  shifts: [
    { from: '09:00', to: '13:00' },
    { from: '14:00', to: '18:00' },
  ],
};
const dayShift = { shifts: [{ from: '08:00', to: '20:00' }] };
const nightShift = { shifts: [{ from: '20:00', to: '08:00' }] };

/** In each time zone an office week, and two shifts that follow each other: a day, a night, two days free. */
export function listSchedules(timeZones: readonly string[]): Schedule[] {
  return timeZones.flatMap((timeZone) => {
    const city = timeZone.slice(timeZone.indexOf('/') + 1);
    const week = { key: `office-${timeZone}`, name: `Пятидневка, ${city}`, timeZone, cycleStart: '2026-01-05', exceptions: [] };
    const shifts = { timeZone, days: [dayShift, nightShift, free, free], exceptions: [] };
    return [
      { ...week, days: [office, office, office, office, office, free, free] },
      { ...shifts, key: `shift-${timeZone}-1`, name: `Сменный, ${city}, смена 1`, cycleStart: '2026-01-01' },
      { ...shifts, key: `shift-${timeZone}-2`, name: `Сменный, ${city}, смена 2`, cycleStart: '2026-01-03' },
    ];
  });
}
