/** An order from one host to another, as text. Any program that may write to the server can send anything. */
import { fieldsIn } from "../basics/fields_in.ts";
import { printable } from "../basics/text.ts";
import type { HostOrder } from "../system_view.ts";

/** A notice of PostgreSQL holds about 8,000 bytes, and a character has up to four. */
const LONGEST_NAME = 300;
const LONGEST_ID = 100;

type FaultOrder = Extract<HostOrder, { type: "fault" }>;

export function orderText({ consumerId, fault, by }: FaultOrder): string {
  return JSON.stringify({ type: "fault", consumerId, fault, by: cleaned(by) });
}

export function readOrder(text: string): HostOrder {
  const unknown = { type: "unknown", text: cleaned(text) } as const;
  const { type, consumerId, fault, by } = fieldsIn(text);
  if (type !== "fault" || typeof consumerId !== "string" || typeof by !== "string") return unknown;
  if (consumerId.length > LONGEST_ID || (fault !== "crash" && fault !== "hang")) return unknown;
  return { type, consumerId, fault, by: cleaned(by) };
}

function cleaned(text: string): string {
  return printable(text, { maxLength: LONGEST_NAME });
}
