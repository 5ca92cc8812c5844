/** The buttons that copy a text: `data-copy` is the text, `data-copy-from` the id of the element that holds it. */
import type { Note } from "../manager/views.ts";

export function listenToCopying(say: (note: Note) => void): void {
  document.addEventListener("click", ({ target }) => {
    const button = target instanceof Element
      ? target.closest<HTMLElement>("[data-copy], [data-copy-from]")
      : null;
    if (button !== null) copy(button).then(say);
  });
}

async function copy({ dataset: { copy, copyFrom = "" } }: HTMLElement): Promise<Note> {
  const element = document.getElementById(copyFrom);
  try {
    // Over plain HTTP, except on the machine itself, browsers have no `clipboard`.
    await navigator.clipboard.writeText(copy ?? element?.textContent ?? "");
    return { tone: "good", text: "Copied." };
  } catch {
    if (element === null) return { tone: "warning", text: "The browser does not allow this page to copy." };
    getSelection()?.selectAllChildren(element);
    return {
      tone: "warning",
      text: "The browser does not allow this page to copy. The text is selected: copy it with the keyboard.",
    };
  }
}
