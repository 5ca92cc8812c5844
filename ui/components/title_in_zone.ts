/** A title that contains a time: a script shows it in the zone of the reader, but hydration does not change attributes. */
interface TitleInZone {
  readonly title: string;
  readonly ref: (element: { title: string } | null) => void;
}

export function titleInZone(title: string): TitleInZone {
  return {
    title,
    ref: (element) => {
      if (element !== null) element.title = title;
    },
  };
}
