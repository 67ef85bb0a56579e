/** Vite plugin: the guardian page's service worker and its manifest. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";
import { buildWorker } from "../worker-build.ts";

const HERE = import.meta.dirname;

export function guardianWorker(): Plugin {
  return {
    name: "guardian-worker",
    apply: "build",
    generateBundle() {
      this.emitFile({ type: "asset", fileName: "guardian/manifest.webmanifest", source: readFileSync(join(HERE, "manifest.webmanifest")) });
    },
    async writeBundle(options) {
      await buildWorker(join(HERE, "sw.ts"), join(options.dir!, "guardian"));
    },
  };
}
