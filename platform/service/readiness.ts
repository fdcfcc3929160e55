/** How one part is: a service, or an engine. */
export interface PartState {
  ready: boolean;
  /**
   * Why it is not, where that is known. `silent`: it does not answer; `closed`: it answers, and is just starting or stopping;
   * `unseen`: nobody who uses it answers.
   */
  trouble?: 'silent' | 'closed' | 'unseen';
  /** The services that it is silent to, where others may reach it. */
  to?: readonly string[];
}

/** By name. */
export type PartStates = Readonly<Record<string, PartState>>;

export interface Readiness {
  /** Whether this process does its work. When it does not, nobody should be sent to it. */
  ready: boolean;
  /** Every service and engine that this process knows of, also those that it can do without. */
  parts: PartStates;
}
