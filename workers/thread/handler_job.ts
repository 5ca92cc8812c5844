/** A job as its handler sees it. */
import { assertExact, InexactNumber, messageOf } from "@persistent-queue/queue/basics";
import { GiveUp, type HandlerJob } from "../handler.ts";
import type { JobMessage } from "../protocol.ts";

/** Captured before a handler can change it. */
const { parse: parseJson } = JSON;

/** @throws {GiveUp} its payload cannot be given to a handler */
export function toHandlerJob({ id, kind, payload, lease }: JobMessage, consumerId: string): HandlerJob {
  return { id, kind, payload: parse(payload), lease, consumerId };
}

function parse(payload: string): unknown {
  try {
    const value: unknown = parseJson(payload);
    assertExact(payload);
    return value;
  } catch (error) {
    if (error instanceof InexactNumber) {
      throw new GiveUp(`The payload cannot be given to its handler as it is stored: ${error.message}`);
    }
    throw new GiveUp(`The payload is not JSON: ${messageOf(error)}`);
  }
}
