/** An event as its service announces it. Made by the functions that the contract generator writes, one an event. */
export interface NewEvent<Type extends string = string, Data = unknown> {
  /** Full name of the message in proto/: `opora.tickets.v1.TicketOpened`. */
  type: Type;
  /** The aggregate's id: events with one key keep their order, everywhere. */
  key: string;
  data: Data;
  /** W3C trace context of what caused it; that of the running request or batch unless told. */
  traceparent?: string;
}

/** An event as a subscriber hears it. Its id is the inbox's and CloudEvents' `id`. */
export interface Envelope<Type extends string = string, Data = unknown> extends NewEvent<Type, Data> {
  id: string;
  /** The service that announced it: `tickets`. */
  source: string;
  /** When it was decided: RFC 3339, UTC, milliseconds. */
  time: string;
}
