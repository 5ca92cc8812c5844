/** What is wrong after a story of misfortune: it tells of each promise, and whatever it throws is one that was broken. */
import { messageOf } from "@persistent-queue/queue";

export type Expect = (isKept: boolean, otherwise: string) => void;

export async function violationsOf(story: (expect: Expect) => Promise<void>): Promise<string[]> {
  const violations: string[] = [];
  try {
    await story((isKept, otherwise) => {
      if (!isKept) violations.push(otherwise);
    });
  } catch (error) {
    violations.push(messageOf(error));
  }
  return violations;
}
