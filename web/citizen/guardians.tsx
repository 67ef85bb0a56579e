import type { JSX } from "preact";
import { GuardianForm } from "./forms";
import { t } from "./words";

export function Guardians(): JSX.Element {
  return (
    <main class="enrol ph grow">
      <h1>{t("guardians.title")}</h1>
      <p class="t2">{t("guardians.lead")}</p>
      <GuardianForm ask />
    </main>
  );
}
