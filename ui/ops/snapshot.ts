/** Everything that the page shows, as it is sent: in the first HTML, then in each `snapshot` event. */
import type { Status } from "@persistent-queue/queue";
import type { ManagerAddress } from "./manager_links.tsx";
import type { WireConsumer } from "../api/hosts.ts";
import type { countsOnWire, systemOnWire } from "../api/serializers.ts";

export type Stats = ReturnType<typeof countsOnWire>;
export type Rates = Stats["history"][number];
export type SystemState = ReturnType<typeof systemOnWire>;
export type ConsumerState = WireConsumer;

export interface Snapshot {
  /** Null while the storage does not respond. */
  readonly stats: Stats | null;
  readonly system: SystemState;
}

/** What the server passes to the script, as JSON in `data-props`. */
export interface FirstProps {
  readonly snapshot: Snapshot;
  /** In display order. */
  readonly statuses: readonly Status[];
  readonly version: string;
  readonly manager: ManagerAddress;
  /** Milliseconds since 1970, by the server's clock. */
  readonly now: number;
}

/**
 * `still`: as the server rendered it. `live`: updated by the stream. `lost`: the stream broke, and is being reopened.
 * `ended`: the session is over.
 */
export type Link = "still" | "live" | "lost" | "ended";

export interface DashboardProps extends FirstProps {
  readonly link: Link;
  /** The age of the snapshot, in milliseconds. */
  readonly agedMs: number;
}
