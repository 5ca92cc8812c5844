import { messageOf } from "@persistent-queue/queue";
import type { Fault } from "../fault.ts";
import { simulate } from "./simulate.ts";

const OPERATIONS = 100;

/** Each try is a storm with its own seed, counted up from the given one. Every test run has the first ones. */
export const simulation: Fault = {
  letter: "A",
  title: "storms of 100 misfortunes in simulated time",
  tries: { each: 400, long: 500_000 },
  async *attempts({ seed }) {
    for (let storm = seed;; storm++) {
      try {
        await simulate(storm, OPERATIONS);
        yield [];
      } catch (error) {
        yield [messageOf(error)];
      }
    }
  },
};
