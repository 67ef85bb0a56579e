/** One consent screen with one button; then who she is, whom to tell, and the two numbers. All of it may wait. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { both } from "../shared/i18n";
import check from "lucide-static/icons/check.svg?raw";
import shield from "lucide-static/icons/shield-check.svg?raw";
import { Icon } from "../shared/icons";
import { type Terms, agree, fetchTerms } from "./consent";
import { Codes, GuardianForm, Person } from "./forms";
import { Switch } from "./parts";
import { enrolled, profile, screen } from "./state";
import { locate } from "./whereabouts";
import { t } from "./words";

type Step = "consent" | "about" | "codes";

function Consent({ next }: { next: () => void }): JSX.Element {
  const [terms, setTerms] = useState<Terms | null>(null);
  const [wanted, setWanted] = useState<ReadonlySet<string>>(new Set());
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState(false);
  const fetchOnce = (): Promise<void> => fetchTerms().then(setTerms, () => setFailed(true));
  useEffect(() => void fetchOnce(), []);

  const press = async (): Promise<void> => {
    setFailed(false);
    if (terms === null) return fetchOnce();
    setBusy(true);
    try {
      const consents = terms.items.filter((item) => item.required || wanted.has(item.key)).map((item) => item.key);
      await agree(terms, consents);
      next();
    } catch {
      setFailed(true);
    } finally {
      setBusy(false);
    }
  };

  return (
    <main class="enrol ph">
      <span class="mark">
        <Icon of={shield} />
      </span>
      <h1 class="lines">{t("consent.title")}</h1>
      <p class="t2">{t("consent.lead")}</p>
      {terms === null && !failed && <p class="t3" role="status">{t("consent.loading")}</p>}
      {terms && (
        <ul class="panel terms">
          {terms.items.map((item) => (
            <li key={item.key} class="row">
              {item.required ? <Icon of={check} class="cok" /> : null}
              <div class="grow" id={`term-${item.key}`}>
                <b>
                  {both(item.title)} {!item.required && <span class="t3">({t("consent.optional")})</span>}
                </b>
                <p class="t2">{both(item.text)}</p>
              </div>
              {!item.required && (
                <Switch
                  on={wanted.has(item.key)}
                  labelledby={`term-${item.key}`}
                  turn={(on) => setWanted(new Set(on ? [...wanted, item.key] : [...wanted].filter((key) => key !== item.key)))}
                />
              )}
            </li>
          ))}
        </ul>
      )}
      <p class="t3 small">{t("consent.keeps")}</p>
      {failed && <p class="c1" role="alert">{t("consent.failed")}</p>}
      <div class="foot">
        <button type="button" class="pbtn fill" disabled={busy} onClick={() => void press()}>
          {busy ? t("consent.busy") : t("consent.button")}
        </button>
        <button type="button" class="pbtn low" onClick={() => (screen.value = "home")}>
          {t("consent.skip")}
        </button>
      </div>
    </main>
  );
}

export function Enrol(): JSX.Element {
  const [step, setStep] = useState<Step>(enrolled.value === null ? "consent" : "about");
  const finish = async (): Promise<void> => {
    screen.value = "home";
    await locate();
  };
  if (step === "consent") return <Consent next={() => setStep("about")} />;
  if (step === "about") {
    return (
      <main class="enrol ph">
        <h1>{t("about.title")}</h1>
        <p class="t2">{t("about.lead")}</p>
        <Person />
        <GuardianForm />
        <div class="foot">
          <button type="button" class="pbtn fill" onClick={() => setStep("codes")}>
            {(profile.value?.guardians.length ?? 0) > 0 || profile.value?.name ? t("next") : t("later")}
          </button>
        </div>
      </main>
    );
  }
  return (
    <main class="enrol ph">
      <h1>{t("codes.title")}</h1>
      <p class="t2">{t("codes.lead")}</p>
      <Codes saved={() => void finish()} skip={() => void finish()} />
    </main>
  );
}
