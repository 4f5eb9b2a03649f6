// What a page that saves automatically says about it, for a state that desk-sync.js reports.

const statusTexts = {
  new: () => "Siden gemmer automatisk.",
  sending: () => "Gemmer …",
  waiting: () => "Ikke gemt endnu.",
  saved: ({ time }) => `Gemt kl. ${time}`,
  closed: () => "Referatet er offentligt nu. Det, du skriver, kommer ikke med.",
  offline: ({ unsent, cannotStore }) => `Ingen forbindelse: ${storedWhere(unsent, cannotStore)}`,
  broken: ({ unsent, cannotStore, problem }) => `Serveren svarer ikke, som den skal: ${storedWhere(unsent, cannotStore)}${problem ? ` (${problem})` : ""}`,
  loggedout: ({ unsent, cannotStore }) => `Du er logget ud: ${storedWhere(unsent, cannotStore)}`,
  other: ({ unsent, cannotStore }) => `En anden er logget ind i denne browser: ${storedWhere(unsent, cannotStore)}`,
  denied: () => "Det er slettet, eller du må ikke rette i det mere. Kopiér det, du har skrevet, før du lukker siden.",
  refused: ({ refused }) => `${refused.length === 1 ? "Et felt er" : `${refused.length} felter er`} ikke gemt.`,
};

function storedWhere(unsent, cannotStore) {
  if (!unsent) return "alt var gemt";
  return cannotStore ? "teksten er kun på skærmen. Luk ikke siden" : "gemt på denne computer";
}

export const statusText = (state) => (statusTexts[state.kind] ?? statusTexts.broken)(state);
