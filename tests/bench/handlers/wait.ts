export { handler } from "../../support/handlers/wait.ts";
