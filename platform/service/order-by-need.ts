/** Orders services so that each comes after those that it needs; needs that run elsewhere do not count. Throws when they need each other in a circle. */
export function orderByNeed<Service extends { name: string; needs: readonly string[] }>(services: readonly Service[]): Service[] {
  const byName = new Map(services.map((service) => [service.name, service]));
  const ordered: Service[] = [];
  const underWay: string[] = [];

  const place = (service: Service) => {
    if (ordered.includes(service)) return;
    if (underWay.includes(service.name)) throw new Error(`Services need each other in a circle: ${[...underWay, service.name].join(' → ')}.`);
    underWay.push(service.name);
    for (const need of service.needs) {
      const needed = byName.get(need);
      if (needed) place(needed);
    }
    underWay.pop();
    ordered.push(service);
  };
  services.forEach(place);
  return ordered;
}
