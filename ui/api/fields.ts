/** Reads JSON from outside field by field, and says in a sentence what is wrong with it. */
import { nearest } from "@persistent-queue/queue";
import { HttpError } from "../http/errors.ts";

/** Where in the body we are, for the sentence, and the code of a refusal. */
export interface Place {
  readonly where: string;
  readonly code: "invalid_job" | "invalid_query";
}

export function invalid(message: string, { code }: Pick<Place, "code">): HttpError {
  return new HttpError(400, code, message);
}

/**
 * The fields of a JSON object that may have these and no others.
 * @throws {HttpError} 400, with a suggestion for a misspelt name
 */
export function fieldsOf<Name extends string>(
  value: unknown,
  names: readonly Name[],
  place: Place,
): { readonly [name in Name]?: unknown } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid(`${place.where} must be an object. Its fields: ${names.join(", ")}.`, place);
  }
  const stranger = Object.keys(value).find((name) => !(names as readonly string[]).includes(name));
  if (stranger === undefined) return value;
  const meant = nearest(stranger.slice(0, 60), names);
  const hint = meant === null ? `Its fields: ${names.join(", ")}.` : `Did you mean "${meant}"?`;
  throw invalid(`${place.where} has an unknown field "${stranger.slice(0, 60)}". ${hint}`, place);
}

/** A value of this type; null, as JSON writes it, means: not given. @throws {HttpError} 400 */
export function optionalText(value: unknown, name: string, place: Place): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw invalid(`${place.where}: ${name} must be text.`, place);
  return value;
}

export function optionalNumber(value: unknown, name: string, place: Place): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number") throw invalid(`${place.where}: ${name} must be a number.`, place);
  return value;
}

export function optionalFlag(value: unknown, name: string, place: Place): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "boolean") throw invalid(`${place.where}: ${name} must be true or false.`, place);
  return value;
}
