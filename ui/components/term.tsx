/** A name in a list of facts. If it needs an explanation, it opens one, by touch and keyboard too. */
interface TermProps {
  readonly name: string;
  readonly why?: string | undefined;
}

export function Term({ name, why }: TermProps) {
  return (
    <dt>
      {why === undefined ? name : (
        <details class="why">
          <summary>{name}</summary>
          <p class="small">{why}</p>
        </details>
      )}
    </dt>
  );
}
