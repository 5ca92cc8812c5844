import { simulate } from "/work/wt/faults/tests/faults/simulation/simulate.ts";
const [from, to] = Deno.args.map(Number); let bad=0;
for (let seed=from; seed<to; seed++) { try { await simulate(seed,100); } catch (e) { bad++; console.log("SEED",seed, String((e as Error).message).split("\n")[0].slice(0,250)); } }
console.log("bad",bad);
Deno.exit();
