export { handler } from "../../support/handlers/noop.ts";
