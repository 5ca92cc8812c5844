import { GiveUp } from "@persistent-queue/workers";

export function handler(): never {
  throw new GiveUp("no use");
}
