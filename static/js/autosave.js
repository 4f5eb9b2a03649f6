// Automatic saving of a change form. The same engine saves the meeting desk; see udsat/admin/autosave.py.

import { DeskSync, openStore, poster } from "./desk-sync.js";
import { statusText } from "./save-status.js";
import { uuid } from "./uuid.js";

const settings = document.querySelector("#autosave");
const form = settings.closest("form");
const line = form.querySelector("[data-saved]");
const { url, login } = settings.dataset;
const user = Number(settings.dataset.user);
const known = JSON.parse(settings.dataset.fields); // name → [key, fingerprint]
const names = new Map(Object.entries(known).map(([name, [key]]) => [key, name]));
const client = uuid();
const POLL_INTERVAL = 20000; // of others' edits

// Values, as udsat/admin/autosave.py writes them

const controlsOf = (name) => [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)];

function valueOf(name) {
  const controls = controlsOf(name);
  const [first] = controls;
  if (first.type === "checkbox" && controls.length === 1 && !first.closest(".check-list")) return first.checked ? "on" : "";
  if (first.type === "checkbox") return controls.filter((box) => box.checked).map((box) => box.value).join(",");
  if (first.type === "radio") return controls.find((radio) => radio.checked)?.value ?? "";
  if (first.multiple) return [...first.selectedOptions].map((option) => option.value).join(",");
  return first.value;
}

function setValue(name, value) {
  if (valueOf(name) === value) return;
  const chosen = value.split(",");
  for (const control of controlsOf(name)) {
    if (control.type === "checkbox") control.checked = control.value === value || (Boolean(control.closest(".check-list")) && chosen.includes(control.value));
    else if (control.type === "radio") control.checked = control.value === value;
    else if (control.multiple) for (const option of control.options) option.selected = chosen.includes(option.value);
    else {
      control.value = value;
      control.dispatchEvent(new Event("richtext:set"));
    }
  }
}

// What the form shows

let hasConflict = false; // the button then submits the version that was opened, and shows both texts
let hasOtherChanges = false; // new rows, rows to delete and files, which the button saves
const notices = new Map(); // by key

let hasTyped = false;
const atFirst = "public" in settings.dataset ? "Det er offentligt. Tryk på »Gem«, når det må læses." : "Siden gemmer automatisk.";

function show(state) {
  if (!hasTyped && state.kind === "saved") {
    line.textContent = atFirst;
    return;
  }
  const refused = state.refused.map((draft) => draft.refused);
  line.textContent = state.kind === "refused" ? [...new Set(refused)].join(" ") : statusText(state);
  line.replaceChildren(line.textContent, ...(["loggedout", "other"].includes(state.kind) ? [" ", logInLink()] : []));
  if (state.kind === "saved" && hasOtherChanges) line.textContent = "Tryk på »Gem« for at gemme resten.";
  if (state.kind === "saved" && !hasOtherChanges) form.dispatchEvent(new Event("autosaved"));
}

function logInLink() {
  const link = document.createElement("a");
  link.href = `${login}?next=${encodeURIComponent(location.pathname)}`;
  link.target = "_blank";
  link.textContent = "Log ind i et nyt vindue";
  return link;
}

// A text from a page that was closed before it was saved, and that does not fit any more.
function offer({ key, value, refused }) {
  const name = names.get(key);
  const control = name && controlsOf(name)[0];
  if (!control || notices.has(key)) return;
  const box = document.createElement("div");
  box.className = "error-notice";
  const text = document.createElement("p");
  text.textContent = `Det her skrev du sidst, og det er ikke gemt (${refused}): ${new DOMParser().parseFromString(value, "text/html").body.textContent}`;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.textContent = "Sæt det ind i feltet";
  button.addEventListener("click", () => {
    setValue(name, value);
    controlsOf(name)[0].dispatchEvent(new Event("input", { bubbles: true }));
    box.remove();
  });
  box.append(text, button);
  (control.closest(".field") ?? control).before(box);
  notices.set(key, box);
}

const page = {
  status: show,
  value: (key, value) => names.has(key) && setValue(names.get(key), value),
  removed() {},
  restored() {},
  refused: offer,
  state(state) {
    // Another has saved a field that is being written here.
    hasConflict ||= engine.unsent.some(({ key, base }) => (state?.fields[key]?.[1] ?? base) !== base);
    if (!hasConflict) form.elements.version.value = engine.version;
  },
};

const send = poster(url, user, form.elements.csrfmiddlewaretoken.value);
const post = async (...body) => {
  const answer = await send(...body);
  hasConflict ||= answer.results.some(({ conflict }) => conflict);
  return answer;
};
const lockName = (id) => `udsat-form ${id}`;
const hasLocks = "locks" in navigator;
if (hasLocks) navigator.locks.request(lockName(client), () => new Promise(() => {}));
const isAlive = async (id) => hasLocks && (await navigator.locks.query()).held.some(({ name }) => name === lockName(id));
const noStore = { put: () => Promise.reject(new Error()), delete: async () => {}, entries: async () => [] };
const engine = new DeskSync({
  client,
  user,
  empty: "",
  post,
  store: await openStore(user, location.pathname, client, isAlive).catch(() => noStore),
  timers: { now: () => Date.now(), set: (act, ms) => setTimeout(act, ms), clear: (handle) => clearTimeout(handle) },
  uuid,
  page,
  pollInterval: POLL_INTERVAL,
});
engine.version = form.elements.version.value;

const onInput = ({ target }) => {
  if (!target.name) return;
  hasTyped = true;
  const field = known[target.name];
  if (!field) {
    hasOtherChanges = true;
    return;
  }
  // A field that was refused may fit now that another has changed.
  for (const draft of engine.drafts.values()) draft.refused = "";
  engine.type(field[0], valueOf(target.name));
};
form.addEventListener("input", onInput);
form.addEventListener("change", onInput);

let leaving = false;
form.addEventListener("submit", async (event) => {
  if (leaving) return;
  leaving = true;
  // The form itself brings what is not sent yet.
  if (!engine.request && !engine.misses) return void engine.discard();
  event.preventDefault();
  const button = event.submitter;
  // An answer under way brings the version that the form must submit.
  await engine.flush();
  if (engine.status === "offline") {
    leaving = false;
    return;
  }
  await engine.discard();
  form.requestSubmit(button);
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "hidden" || leaving) return;
  engine.storeDrafts();
  engine.flush();
});
addEventListener("pagehide", () => engine.storeDrafts());

await engine.start(Object.fromEntries(Object.entries(known).map(([name, [key, base]]) => [key, { base, value: valueOf(name) }])));
