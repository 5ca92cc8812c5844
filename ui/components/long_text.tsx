/** Text of any length: a long one is cut off visibly, and can be shown in full and copied. */

/** More lines than this are long. */
const MAX_LINES = 20;
/** Characters that fit on a line of the narrowest panel in a wide window. */
const PER_LINE = 56;

export interface LongTextProps {
  readonly text: string;
  /** The id of the element, for the button that copies it. */
  readonly id?: string;
  /** Classes of the element, in addition to `text`. */
  readonly look?: string;
}

/** Works without scripts. The box that shows everything is not controlled, so that it outlives a refresh of the page. */
export function LongText({ text, id, look }: LongTextProps) {
  const isLong = linesOf(text) > MAX_LINES;
  return (
    <div class={isLong ? "long-text is-long" : "long-text"}>
      <pre class={look === undefined ? "text" : `text ${look}`} id={id}>{text}</pre>
      {isLong && (
        <label class="show-all small">
          <input type="checkbox" class="visually-hidden" />
          <span class="while-cut">Show all</span>
          <span class="while-whole">Show less</span>
        </label>
      )}
    </div>
  );
}

function linesOf(text: string): number {
  return text.split("\n").reduce((lines, { length }) => lines + Math.max(1, Math.ceil(length / PER_LINE)), 0);
}

export interface CopyButtonProps {
  /** What it copies: `the payload`. */
  readonly what: string;
  /** Whether it says so where all can see, because it is not beside a heading that does. */
  readonly isNamed?: boolean;
  /** The id of the element whose text is copied, or the text itself. */
  readonly from: { readonly id: string } | { readonly text: string };
}

/** Only a script can copy. */
export function CopyButton({ what, isNamed = false, from }: CopyButtonProps) {
  return (
    <button
      type="button"
      class="small-button quiet needs-script"
      {...("id" in from ? { "data-copy-from": from.id } : { "data-copy": from.text })}
    >
      {isNamed ? `Copy ${what}` : (
        <>
          Copy<span class="visually-hidden">{` ${what}`}</span>
        </>
      )}
    </button>
  );
}
