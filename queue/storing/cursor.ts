/** Where a page of a list ends: a `seq`, or a place in the line. Outside this folder a cursor is opaque text. */
import { QueueError } from "../errors.ts";

export function toCursor(place: number): string {
  return String(place);
}

/** Cursors come back from clients, who may have changed them. @throws {QueueError} `invalid_query` */
export function fromCursor(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw new QueueError("invalid_query", "The cursor is not one of ours: begin at the first page.");
}
