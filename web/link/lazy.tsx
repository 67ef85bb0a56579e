/** Parts that are worth waiting for: the page stands before they are there. */
import { type ComponentType, type JSX, h } from "preact";
import { useEffect, useState } from "preact/hooks";

interface LazyProps<P> {
  of: () => Promise<ComponentType<P>>;
  props: P;
  class: string;
}

export function Lazy<P extends object>({ of, props, class: kind }: LazyProps<P>): JSX.Element {
  const [part, setPart] = useState<{ is: ComponentType<P> } | null>(null);
  useEffect(() => {
    // Without a network now, the part comes with the network.
    const fetchPart = (): void => void of().then((is) => setPart({ is }), () => addEventListener("online", fetchPart, { once: true }));
    fetchPart();
    return () => removeEventListener("online", fetchPart);
  }, []);
  return <section class={kind}>{part && h(part.is, props)}</section>;
}
