export { handler } from "../../../workers/handlers/file.ts";
