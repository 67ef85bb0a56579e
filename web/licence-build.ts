/** Vite plugin: what we pack belongs to others too. Their licences, whole, go out with it as one text beside the pages. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

const HERE = import.meta.dirname;
const NAME = "licenses.txt";
/** Vite leaves a few lines of its own in the scripts; what it is made of, and lists after its own licence, it does not. */
const LEAVES_LINES = ["vite"];
const NOT_PACKED = /\n#+ Licenses of bundled dependencies[\s\S]*/;

interface Package {
  name: string;
  version: string;
  license?: string;
  dependencies?: Record<string, string>;
}

function read(folder: string): Package {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf-8")) as Package;
}

/** Everything that can end up in a page: what we depend on, and what that depends on. */
function packed(): Package[] {
  const found = new Map<string, Package>();
  const visit = (name: string, deeper: boolean): void => {
    const folder = join(HERE, "node_modules", name);
    if (found.has(name) || !existsSync(folder)) return;
    const one = read(folder);
    found.set(name, one);
    if (deeper) for (const next of Object.keys(one.dependencies ?? {})) visit(next, true);
  };
  for (const name of Object.keys(read(HERE).dependencies ?? {})) visit(name, true);
  for (const name of LEAVES_LINES) visit(name, false);
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Some write it there only. */
function fromReadme(folder: string): string {
  const file = join(folder, "README.md");
  const [, text] = existsSync(file) ? /^#+ licen[cs]e\b([\s\S]*)/im.exec(readFileSync(file, "utf-8")) ?? [] : [];
  return text?.includes("Copyright") ? text.trim() : "";
}

function licence(one: Package): string {
  const folder = join(HERE, "node_modules", one.name);
  const files = [folder, join(folder, "dist")].flatMap((place) =>
    existsSync(place) ? readdirSync(place).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file)).sort().map((file) => join(place, file)) : [],
  );
  const text = files.map((file) => readFileSync(file, "utf-8").trim()).join("\n\n") || fromReadme(folder);
  // Better no release than one that withholds somebody's notice.
  if (text === "") throw new Error(`${one.name}: no licence file`);
  return text.replaceAll("\r\n", "\n").replace(LEAVES_LINES.includes(one.name) ? NOT_PACKED : "", "");
}

export function licences(): Plugin {
  return {
    name: "licences",
    apply: "build",
    generateBundle() {
      const some = packed();
      const parts = some.map((one) => `${"=".repeat(78)}\n${one.name} ${one.version} (${one.license ?? "see below"})\n\n${licence(one)}\n`);
      const head = "The pages of ansim (Apache License 2.0) contain work of others, under these licences:\n\n";
      const list = some.map((one) => `  ${one.name} ${one.version}`).join("\n");
      this.emitFile({ type: "asset", fileName: NAME, source: `${head}${list}\n\n${parts.join("\n")}` });
    },
  };
}
