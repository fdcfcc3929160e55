import type { MethodContract } from '../contract/contract.ts';
import type { Served } from '../service/define-service.ts';
import type { Allowance } from './allowance.ts';
import type { AnswersMethod, ReadCall } from './call.ts';
import { methodProperty } from './method-property.ts';
import { refuseKey } from './refuse-key.ts';
import { type MethodServing, ServedCall } from './served-call.ts';
import { admit, observeCalls, readRequest, type Serving, shortName } from './server.ts';
import type { BoundAnswers, Give, ServedOptions } from './transport.ts';

/** What `bindMethods` is for calls, for the methods of one service that give streams: by the method's name in proto. */
export function bindAnswers({ token, methods }: Served, serving: Serving): Record<string, BoundAnswers> {
  const giving = serving.contract.methods.filter(({ service, givesStream }) => service === token.name && givesStream);
  return Object.fromEntries(giving.map((method) => [method.name, bindOne(method, findImplementation(method, methods), serving)]));
}

function findImplementation({ service, name }: MethodContract, methods: object): AnswersMethod<object, object> {
  const implementation = (methods as Readonly<Record<string, AnswersMethod<object, object> | undefined>>)[methodProperty(name)];
  if (!implementation) throw new Error(`${service} has no implementation of ${name}`);
  return (request, call) => implementation.call(methods, request, call);
}

function bindOne(method: MethodContract, run: AnswersMethod<object, object>, serving: Serving): BoundAnswers {
  const { contract, database, clock, newId, log, metrics } = serving;
  const encode = (answer: object) => contract.encode(method.response, answer);
  const common: MethodServing = { name: shortName(method), database, clock, newId, log, encode };
  const observe = observeCalls(method, serving);
  const counted = metrics.streamAnswers.labels({ service: method.service, method: method.name });

  return (bytes, options, give) =>
    observe(options, async (allowance) => {
      admit(options.principal, method);
      refuseKey(options.idempotencyKey);
      const request = readRequest(bytes, method, contract);
      const giveOne = giveWhileAllowed(give, allowance);
      for await (const answer of run(request, openReadCall(common, options, allowance))) {
        await giveOne(encode(answer));
        counted.inc();
      }
    });
}

/** Who waits for room is told when the call is over: its reader may never make any. */
function giveWhileAllowed(give: Give, allowance: Allowance): Give {
  const over = allowance.signal();
  let refuse: (reason: unknown) => void = () => undefined;
  over.addEventListener('abort', () => refuse(over.reason), { once: true });
  return (answer) =>
    new Promise((resolve, reject) => {
      allowance.requireTime();
      refuse = reject;
      give(answer).then(resolve, reject);
    });
}

function openReadCall(common: MethodServing, options: ServedOptions, allowance: Allowance): ReadCall {
  const call = new ServedCall(common, options, allowance, undefined);
  return {
    principal: call.principal,
    now: call.now,
    deadline: call.deadline,
    get signal() {
      return call.signal;
    },
    get log() {
      return call.log;
    },
    within: (milliseconds, more) => call.within(milliseconds, more),
  };
}
