import { z } from 'zod';
import { SlaService } from '../../generated/opora/sla/v1/sla.ts';
import { subscription } from '../../platform/bus/subscription.ts';
import { defineService, serve } from '../../platform/service/define-service.ts';
import { ringClocks } from './ring-clocks.ts';
import { slaMethods } from './rpc.ts';
import { runClocks } from './run-clocks.ts';
import { seedDefaults } from './seed-defaults.ts';
import { openRulebook } from './storage/rulebook.ts';

export const sla = defineService({
  name: 'sla',
  needs: [],
  config: z.object({}),
  migrations: new URL('./storage/migrations/', import.meta.url),
  async start({ database, clock }) {
    await seedDefaults(database, clock.now());
    const rulebook = openRulebook(database);
    return {
      serves: [serve(SlaService, slaMethods(database, rulebook))],
      subscriptions: [subscription(runClocks(database, rulebook))],
      timers: ringClocks(database),
    };
  },
});
