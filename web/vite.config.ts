import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { defineConfig } from "vite";
import { bellWorker } from "./bell/worker-build.ts";
import { citizenWorker } from "./citizen/worker-build.ts";
import { guardianWorker } from "./guardian/worker-build.ts";
import { smallIcons } from "./icon-build.ts";
import { licences } from "./licence-build.ts";

const root = import.meta.dirname;
const PAGES = ["console", "citizen", "guardian", "link", "desk", "ledger", "signin", "bell", "fault", "nation"];

/** A folder becomes a page by having an index.html, so that one unfinished page never breaks the others. */
const pages = Object.fromEntries(
  PAGES.map((name) => [name, resolve(root, name, "index.html")] as const).filter(([, file]) => existsSync(file)),
);
export default defineConfig({
  root,
  base: "/static/",
  plugins: [smallIcons(), citizenWorker(), guardianWorker(), bellWorker(), licences()],
  server: { port: 5173, proxy: { "/api": "http://127.0.0.1:8080", "/live": { target: "ws://127.0.0.1:8080", ws: true }, "/media": { target: "ws://127.0.0.1:8080", ws: true } } },
  worker: { format: "es" },
  build: {
    outDir: resolve(root, "../src/ansim/static"),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1600,
    target: "es2022",
    // Browsers that do not know the hint load the same files a moment later; its stand-in would weigh on every page.
    modulePreload: { polyfill: false },
    rollupOptions: { input: pages },
  },
});
