/** Vite plugin: of a Lucide file only the drawing goes into the pages; its frame and notice are the same in each. */
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

const ICON = /\/lucide-static\/icons\/[\w-]+\.svg\?raw$/;

export function smallIcons(): Plugin {
  return {
    name: "small-icons",
    enforce: "pre",
    load(id) {
      if (!ICON.test(id)) return null;
      const file = readFileSync(id.slice(0, -"?raw".length), "utf8");
      const drawing = file.slice(file.indexOf(">", file.indexOf("<svg")) + 1, file.lastIndexOf("</svg>"));
      return `export default ${JSON.stringify(`<svg>${drawing.replace(/\s*\n\s*/g, "").replaceAll(" />", "/>")}</svg>`)}`;
    },
  };
}
