/**
 * Vite plugin: builds sw.ts into one self-contained file beside the citizen page, with the list of
 * files that page needs to start. A worker in one file runs in every browser, and its bytes change
 * whenever any listed file does, which is how a browser learns of a new release.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";
import { buildWorker, filesOf } from "../worker-build.ts";

const HERE = import.meta.dirname;
const BASE = "/static/";
const PUBLIC = ["icon.svg", "icon-192.png", "icon-512.png"];

export function citizenWorker(): Plugin {
  return {
    name: "citizen-worker",
    apply: "build",
    generateBundle() {
      for (const name of [...PUBLIC, "manifest.webmanifest"]) {
        this.emitFile({ type: "asset", fileName: `citizen/${name}`, source: readFileSync(join(HERE, name)) });
      }
    },
    async writeBundle(options, bundle) {
      const files = filesOf(bundle, "citizen/index.html").sort();
      if (files.length === 0) this.error("the citizen page is not among the built pages");
      const page = bundle["citizen/index.html"];
      const content = createHash("sha256").update(files.join()).update(String(page?.type === "asset" && page.source));
      const precache = {
        name: `citizen-${content.digest("hex").slice(0, 12)}`,
        paths: ["/citizen", "/citizen/manifest.webmanifest", ...files.map((file) => BASE + file), ...PUBLIC.map((name) => `${BASE}citizen/${name}`)],
      };
      await buildWorker(join(HERE, "sw.ts"), join(options.dir!, "citizen"), { PRECACHE: JSON.stringify(precache) });
    },
  };
}
