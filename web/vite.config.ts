import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { defineConfig, type Plugin } from "vite";

const root = import.meta.dirname;
const PAGES = ["console", "citizen", "link", "desk", "ledger", "signin"];

/** A folder becomes a page by having an index.html, so that one unfinished page never breaks the others. */
const pages = Object.fromEntries(
  PAGES.map((name) => [name, resolve(root, name, "index.html")] as const).filter(([, file]) => existsSync(file)),
);
/** The service worker is an entry of its own with a fixed name: a hashed name would be a new worker each build. */
const worker = resolve(root, "citizen/sw.ts");
const workers = existsSync(worker) ? { "citizen-sw": worker } : {};

/** Writes `<page>/assets.json`: what the page needs to start from a cache. Fonts are left out; they are cached on use. */
function assetLists(): Plugin {
  return {
    name: "asset-lists",
    generateBundle(_options, bundle) {
      for (const name of Object.keys(pages)) {
        const files = new Set<string>();
        const visit = (file: string): void => {
          const chunk = bundle[file];
          if (files.has(file) || chunk === undefined) return;
          files.add(file);
          if (chunk.type !== "chunk") return;
          for (const css of chunk.viteMetadata?.importedCss ?? []) files.add(css);
          for (const next of [...chunk.imports, ...chunk.dynamicImports]) visit(next);
        };
        const entry = Object.values(bundle).find((chunk) => chunk.type === "chunk" && chunk.isEntry && chunk.name === name);
        if (entry) visit(entry.fileName);
        const source = JSON.stringify([...files].sort().map((file) => `/static/${file}`));
        this.emitFile({ type: "asset", fileName: `${name}/assets.json`, source });
      }
    },
  };
}

export default defineConfig({
  root,
  base: "/static/",
  plugins: [assetLists()],
  server: { port: 5173, proxy: { "/api": "http://127.0.0.1:8080", "/live": { target: "ws://127.0.0.1:8080", ws: true }, "/media": { target: "ws://127.0.0.1:8080", ws: true } } },
  worker: { format: "es" },
  build: {
    outDir: resolve(root, "../src/ansim/static"),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1600,
    target: "es2022",
    rollupOptions: {
      input: { ...pages, ...workers },
      output: {
        entryFileNames: (chunk) => (chunk.name === "citizen-sw" ? "citizen/sw.js" : "assets/[name]-[hash].js"),
      },
    },
  },
});
