// Collects what the pages need from node_modules into static/dist (never committed):
// the Pretendard subsets, htmx, Chart.js and one sprite of the icons named in icons.txt.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
const modules = join(here, "..", "node_modules");

rmSync(dist, { recursive: true, force: true });
mkdirSync(join(dist, "fonts"), { recursive: true });

const pretendard = join(modules, "pretendard", "dist", "web", "variable");
cpSync(join(pretendard, "woff2-dynamic-subset"), join(dist, "fonts", "woff2-dynamic-subset"), { recursive: true });
cpSync(join(pretendard, "pretendardvariable-dynamic-subset.css"), join(dist, "fonts", "pretendard.css"));

// Two weights as TrueType for the PDFs that the server writes (common/pdf.py).
for (const weight of ["Regular", "Bold"]) {
  const file = `Pretendard-${weight}.ttf`;
  cpSync(join(modules, "pretendard", "dist", "public", "static", "alternative", file), join(dist, "fonts", "paper", file));
}

cpSync(join(modules, "htmx.org", "dist", "htmx.min.js"), join(dist, "htmx.min.js"));
// Without the last line, which names a source map that we do not ship.
const chart = readFileSync(join(modules, "chart.js", "dist", "chart.umd.min.js"), "utf8");
writeFileSync(join(dist, "chart.min.js"), chart.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n"));

const names = readFileSync(join(here, "icons.txt"), "utf8").split("\n").map((line) => line.trim()).filter(Boolean);
const symbols = names.map((name) => {
  const svg = readFileSync(join(modules, "lucide-static", "icons", `${name}.svg`), "utf8");
  const shape = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>")).replace(/\s+/g, " ").trim();
  return `<symbol id="i-${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.9" stroke-linecap="round" stroke-linejoin="round">${shape}</symbol>`;
});
writeFileSync(join(dist, "sprite.svg"), `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`);
