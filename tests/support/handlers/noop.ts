/** Does nothing, as fast as it can. */
export function handler(): void {}
