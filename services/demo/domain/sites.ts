import { regions } from './enterprise.ts';

export interface Site {
  key: string;
  name: string;
  organization: string;
  address: string;
  region: string;
  latitude: number;
  longitude: number;
  timeZone: string;
}

/** Somewhere in each region's time zone, where there is no such town. */
const places: Readonly<Record<string, readonly [number, number]>> = {
  zar: [53.21, 39.87],
  sol: [52.64, 41.36],
  vol: [53.44, 49.92],
  kam: [56.41, 60.18],
  tay: [58.92, 63.47],
  obs: [55.27, 82.61],
};

/** An office and the pumping stations of each company. */
export function buildSites(): Site[] {
  return regions.flatMap(({ code, city, timeZone, stations }) => {
    const [latitude, longitude] = places[code] ?? [55, 37];
    const at = (index: number) => ({ latitude: round(latitude + index * 0.021), longitude: round(longitude + index * 0.017) });
    const common = { organization: code, region: code, timeZone };
    return [
      { ...common, key: `office-${code}`, name: `Офис ${city}`, address: `г. ${city}, ул. Водопроводная, 1`, ...at(0) },
      ...stations.map((station, index) => ({
        ...common,
        key: `station-${code}-${index + 1}`,
        name: `НС «${station}»`,
        address: `г. ${city}, насосная станция «${station}»`,
        ...at(index + 1),
      })),
    ];
  });
}

function round(degrees: number): number {
  return Math.round(degrees * 1e4) / 1e4;
}
