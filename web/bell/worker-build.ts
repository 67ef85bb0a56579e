/** Vite plugin: the worker by which the page of a bell starts without a network. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";
import { buildWorker, filesOf } from "../worker-build.ts";

const HERE = import.meta.dirname;

export function bellWorker(): Plugin {
  return {
    name: "bell-worker",
    apply: "build",
    generateBundle() {
      this.emitFile({ type: "asset", fileName: "bell/manifest.webmanifest", source: readFileSync(join(HERE, "manifest.webmanifest")) });
    },
    async writeBundle(options, bundle) {
      const files = filesOf(bundle, "bell/index.html").sort();
      if (files.length === 0) this.error("the page of a bell is not among the built pages");
      const page = bundle["bell/index.html"];
      const content = createHash("sha256").update(files.join()).update(String(page?.type === "asset" && page.source));
      const precache = { name: `bell-${content.digest("hex").slice(0, 12)}`, paths: ["/bell", ...files.map((file) => `/static/${file}`)] };
      await buildWorker(join(HERE, "sw.ts"), join(options.dir!, "bell"), { PRECACHE: JSON.stringify(precache) });
    },
  };
}
