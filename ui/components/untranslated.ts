/**
 * Keeps the browser's translator off an element that a script brings to life: it would replace the texts that the
 * script keeps up to date, and they would stand still from then on. An `object`, because the types of JSX know this
 * attribute only as a boolean, which is not rendered.
 */
export const UNTRANSLATED: object = { translate: "no" };
