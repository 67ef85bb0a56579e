/** Dark or light, remembered for this browser. */
import { signal } from "@preact/signals";

export type Theme = "dark" | "light";

function stored(fallback: Theme): Theme {
  try {
    const value = localStorage.getItem("ansim.theme");
    return value === "dark" || value === "light" ? value : fallback;
  } catch {
    return fallback;
  }
}

export const theme = signal<Theme>("dark");

export function startTheme(fallback: Theme | "system" = "dark"): void {
  const system: Theme = matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
  theme.value = stored(fallback === "system" ? system : fallback);
  document.documentElement.dataset.theme = theme.value;
}

export function chooseTheme(value: Theme): void {
  theme.value = value;
  document.documentElement.dataset.theme = value;
  try {
    localStorage.setItem("ansim.theme", value);
  } catch {
    /* not remembered */
  }
}
