/// <reference lib="deno.worker" />
/** Answers every message with the moment at which it arrived. */
import { preciseNow } from "./precise_now.ts";

self.onmessage = () => self.postMessage(preciseNow());
