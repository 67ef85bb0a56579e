/** Lucide (ISC) pictures, imported one by one; an unused one costs nothing in the build. */
import type { JSX } from "preact";

/** The drawing inside a Lucide file, without its own <svg> frame. */
function inner(svg: string): string {
  return svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"));
}

interface IconProps {
  /** Text of a lucide-static file: `import phone from "lucide-static/icons/phone.svg?raw"`. */
  of: string;
  class?: string | undefined;
  /** Accessible name. Without it the picture is decoration beside a word. */
  label?: string;
  size?: number;
}

export function Icon({ of, class: extra, label, size }: IconProps): JSX.Element {
  return (
    <svg
      class={extra ? `i ${extra}` : "i"}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-linecap="round"
      stroke-linejoin="round"
      {...(size ? { width: size, height: size, style: { width: `${size}px`, height: `${size}px` } } : {})}
      {...(label ? { role: "img" as const, "aria-label": label } : { "aria-hidden": true })}
      dangerouslySetInnerHTML={{ __html: inner(of) }}
    />
  );
}
