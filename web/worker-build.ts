/** Builds a service worker into one self-contained file beside its page: that runs in every browser. */
import { type Rolldown, build } from "vite";

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

type Chunk = Rolldown.OutputChunk & { viteMetadata?: { importedCss: Set<string> } };

/** Every script and style sheet that the page can ever ask for, lazily loaded ones too. */
export function filesOf(bundle: Rolldown.OutputBundle, page: string): string[] {
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
