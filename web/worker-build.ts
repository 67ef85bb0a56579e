/** Builds a service worker into one self-contained file beside its page: that runs in every browser. */
import { build } from "vite";

export async function buildWorker(entry: string, folder: string, define: Record<string, string> = {}): Promise<void> {
  await build({
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    define,
    build: {
      outDir: folder,
      emptyOutDir: false,
      lib: { entry, formats: ["iife"], name: "worker", fileName: () => "sw.js" },
    },
  });
}
