/**
 * Vite plugin: builds sw.ts into one self-contained file beside the citizen page, with the list of
 * files that page needs to start. A worker in one file runs in every browser, and its bytes change
 * whenever any listed file does, which is how a browser learns of a new release.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin, Rolldown } from "vite";
import { buildWorker } from "../worker-build.ts";

const HERE = import.meta.dirname;
const BASE = "/static/";
const PUBLIC = ["icon.svg", "icon-192.png", "icon-512.png"];

type Chunk = Rolldown.OutputChunk & { viteMetadata?: { importedCss: Set<string> } };

/** Every script and style sheet that the page can ever ask for, lazily loaded ones too. */
function filesOf(bundle: Rolldown.OutputBundle, page: string): string[] {
  const found = new Set<string>();
  const visit = (fileName: string): void => {
    if (found.has(fileName)) return;
    found.add(fileName);
    const chunk = bundle[fileName] as Chunk | undefined;
    if (chunk?.type !== "chunk") return;
    for (const style of chunk.viteMetadata?.importedCss ?? []) found.add(style);
    for (const next of [...chunk.imports, ...chunk.dynamicImports]) visit(next);
  };
  for (const chunk of Object.values(bundle)) {
    if (chunk.type === "chunk" && chunk.isEntry && chunk.facadeModuleId?.endsWith(page)) visit(chunk.fileName);
  }
  return [...found];
}

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
