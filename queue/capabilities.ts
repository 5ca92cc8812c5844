/** Features that only some backends have. A caller that asks for a missing one gets the backend's reason. */
import { QueueError } from "./errors.ts";
import type { Facts } from "./facts.ts";

/** Why a backend cannot do something, as a sentence for the operator that says what to do instead. */
export interface Unavailable {
  readonly reason: string;
}

/** Writes a complete, checked copy to `path`. */
export type Backup = (path: string, how?: { readonly replace?: boolean }) => Promise<void>;

/** Short texts between the processes on one queue. */
export interface HostChannel {
  /**
   * Sends a text of at most 4,000 bytes to another process. It arrives within a second, at most once, and may be lost.
   * Returns false if there is no such process. @throws {StorageError}
   */
  send(processId: string, text: string): Promise<boolean>;
  /** Calls `onText` with each text for the process that has joined through this store, until disposed. */
  listen(onText: (text: string) => void): Disposable;
  /** Sends a text to every other process that listens now, including commands beside the hosts. @throws {StorageError} */
  tell(text: string): Promise<void>;
  /** Calls `onText` with each text that another store has sent with `tell`, until disposed. */
  hear(onText: (text: string) => void): Disposable;
}

/** What the backend can do, or why it cannot. */
export interface Capabilities {
  readonly backup: Backup | Unavailable;
  /** Like `check`, and reads everything that is stored. */
  readonly deepCheck: (() => Promise<string[]>) | Unavailable;
  /** For a queue that processes on several hosts share: messages between them. */
  readonly hosts: HostChannel | Unavailable;
  /** What those processes share besides jobs. */
  readonly facts: Facts | Unavailable;
}

/** The part of a store that this needs. */
interface CapableStore {
  readonly capabilities: Capabilities;
  check(): Promise<string[]>;
}

/** The reason for each thing that the backend cannot do; empty = it can do everything. */
export type MissingCapabilities = Readonly<Partial<Record<keyof Capabilities, string>>>;

export function missingCapabilities({ capabilities }: CapableStore): MissingCapabilities {
  const missing = Object.entries<Capabilities[keyof Capabilities]>({ ...capabilities })
    .flatMap(([name, capability]) => isUnavailable(capability) ? [[name, capability.reason]] : []);
  return Object.fromEntries(missing);
}

/** @throws {QueueError} `unsupported`, with the reason of the backend */
export async function backUp(store: CapableStore, ...[path, how]: Parameters<Backup>): Promise<void> {
  const { backup } = store.capabilities;
  if (isUnavailable(backup)) throw new QueueError("unsupported", backup.reason);
  await backup(path, how);
}

/** Returns a sentence for each problem; empty = sound. A quick check where the backend has no deep one. */
export async function checkStorage(store: CapableStore, { deep }: { deep: boolean }): Promise<string[]> {
  const { deepCheck } = store.capabilities;
  return deep && !isUnavailable(deepCheck) ? await deepCheck() : await store.check();
}

/** Null: the queue has one host. */
export function hostChannel({ capabilities: { hosts } }: CapableStore): HostChannel | null {
  return isUnavailable(hosts) ? null : hosts;
}

/** What the hosts of one queue share besides jobs. */
export interface SharedByHosts extends Facts, Pick<HostChannel, "tell" | "hear"> {
  /** The clock by which facts expire, in milliseconds since 1970. */
  now(): number;
}

/** Null: the queue has one host. */
export function sharedByHosts(store: CapableStore & { now(): number }): SharedByHosts | null {
  const { facts } = store.capabilities;
  const channel = hostChannel(store);
  if (channel === null || isUnavailable(facts)) return null;
  const { tell, hear } = channel;
  return { ...facts, tell, hear, now: () => store.now() };
}

function isUnavailable(capability: Capabilities[keyof Capabilities]): capability is Unavailable {
  return "reason" in capability;
}
