/// <reference lib="deno.worker" />
/** Replies to every message with the time at which it arrived. */
import { preciseNow } from "./precise_now.ts";

self.onmessage = () => self.postMessage(preciseNow());
