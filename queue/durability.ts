/**
 * What an acknowledged job outlives. `power_loss`: a power cut of the machine that stores it. `crash`: the death of the
 * program that stores it, but a power cut takes the last ones. `snapshot`: neither, beyond the last snapshot. `none`: not
 * even a restart of that program, which keeps it in memory alone. `unknown`: the storage does not say.
 */
export type Durability = "power_loss" | "crash" | "snapshot" | "none" | "unknown";
