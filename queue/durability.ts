/**
 * What an acknowledged job survives. `power_loss`: a power cut of the machine that stores it. `crash`: the death of the
 * program that stores it, though a power cut loses the latest jobs. `snapshot`: neither, beyond the last snapshot.
 * `none`: not even a restart of that program, which keeps it only in memory. `unknown`: the storage does not say.
 */
export type Durability = "power_loss" | "crash" | "snapshot" | "none" | "unknown";
