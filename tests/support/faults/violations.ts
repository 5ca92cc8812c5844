/** The broken promises after a fault: one sentence each; a thrown error counts as one too. */
import { messageOf } from "@persistent-queue/queue";

export type Expect = (isKept: boolean, otherwise: string) => void;

export async function violationsOf(scenario: (expect: Expect) => Promise<void>): Promise<string[]> {
  const violations: string[] = [];
  try {
    await scenario((isKept, otherwise) => {
      if (!isKept) violations.push(otherwise);
    });
  } catch (error) {
    violations.push(messageOf(error));
  }
  return violations;
}
