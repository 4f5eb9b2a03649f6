// Automatic saving of a change form. The same engine saves the meeting desk; see udsat/admin/autosave.py.

import { DeskSync, poster } from "./desk-sync.js";
import { isTyped, isUntouched, noteSent, offerText, openFormStore } from "./form-drafts.js";
import { statusText } from "./save-status.js";
import { uuid } from "./uuid.js";

const settings = document.querySelector("#autosave");
const form = settings.closest("form");
const line = form.querySelector("[data-saved]");
const { url, login } = settings.dataset;
const user = Number(settings.dataset.user);
const known = JSON.parse(settings.dataset.fields); // name → [key, fingerprint]
const models = JSON.parse(settings.dataset.rows); // by prefix of the rows
const client = uuid();
const POLL_INTERVAL = 20000; // of others' edits

// Keys of fields. Those of rows do not depend on their names, which are numbered anew when a new row is removed.

const rowOf = (name) => {
  const [, prefix, number, field] = /^(.+)-(\d+)-(\w+)$/.exec(name) ?? [];
  return prefix in models ? { start: `${prefix}-${number}-`, model: models[prefix], field } : null;
};

const keyField = (start) => form.elements[`${start}row_key`];
const isNew = (start) => !form.elements[`${start}id`].value;

function keyOf(name) {
  const row = rowOf(name);
  if (!row) return known[name]?.[0];
  const key = keyField(row.start).value || form.elements[`${row.start}id`].value;
  return key && row.field !== "DELETE" ? `${row.model}:${key}:${row.field}` : null;
}

function nameOf(key) {
  const [model, row, field] = key.split(":");
  for (const { name, value } of form.querySelectorAll("[name$='-row_key'], [name$='-id']")) {
    const found = rowOf(name);
    if (found?.model === model && value === row) return found.start + field;
  }
  return Object.keys(known).find((name) => known[name][0] === key && !rowOf(name));
}

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
    else if (control.tagName === "SELECT" && ![...control.options].some((option) => option.value === value)) hasConflict = true; // a choice that the page does not have
    else {
      control.value = value;
      control.dispatchEvent(new Event("richtext:set"));
      if (control.matches(".admin-autocomplete")) globalThis.django?.jQuery(control).trigger("change.select2");
    }
  }
}

// What is typed before the script or the engine has started is sent by it then.
const wasTyped = (name) => controlsOf(name).some(isTyped);
const initial = Object.fromEntries(Object.entries(known).map(([name, [key, base]]) => [key, { base, value: wasTyped(name) ? null : valueOf(name) }]));
const early = Object.keys(known).filter(wasTyped).map((name) => ({ target: controlsOf(name)[0] }));
let hasStarted = false;
const noteInput = (event) => (hasStarted ? onInput(event) : early.push(event));
form.addEventListener("input", noteInput);
form.addEventListener("change", noteInput);
// The boxes that search in a list report a choice to jQuery only.
globalThis.django?.jQuery(form).on("change", ".admin-autocomplete", noteInput);

// New rows. Once the server has created one, it is deleted by its tick, as the others are.

const namesIn = (start) => [...new Set([...form.elements].filter(({ name, type }) => name?.startsWith(start) && !["hidden", "file"].includes(type) && !/-(DELETE|row_key)$/.test(name)).map(({ name }) => name))];
const newRows = () => [...form.querySelectorAll("[name$='-row_key']")].map(({ name }) => rowOf(name)?.start).filter((start) => start && isNew(start));
const removed = new Set(); // model and key of rows that were removed from the page while they were sent

// The number of its place alone makes no row.
const isBlank = (start) => namesIn(start).every((name) => name.endsWith("-position") || controlsOf(name).every(isUntouched));

// Everything in a new row is sent together, with what is preset in it.
function typeRow(start) {
  const blank = isBlank(start);
  for (const name of namesIn(start)) engine.type(keyOf(name), blank ? "" : valueOf(name));
}

// Add a row with that model and key; return the start of its names, "" if the page takes no more rows.
function addRow(row) {
  const [model, key] = row.split(":");
  const prefix = Object.keys(models).find((one) => models[one] === model);
  document.getElementById(`${prefix}-group`)?.querySelector(".add-row a, button.add")?.click();
  const start = newRows().findLast((one) => one.startsWith(`${prefix}-`) && !keyField(one).value) ?? "";
  if (start) keyField(start).value = key;
  return start;
}

function showCreated({ fields }) {
  for (const row of removed) {
    const keys = Object.keys(fields).filter((key) => key.startsWith(`${row}:`));
    const start = keys.length ? addRow(row) : "";
    if (!start) continue;
    removed.delete(row);
    for (const key of keys) setValue(nameOf(key), fields[key][0]);
    const tick = form.elements[`${start}DELETE`];
    tick.checked = true;
    tick.dispatchEvent(new Event("change", { bubbles: true }));
  }
  for (const start of newRows()) {
    const tick = form.elements[`${start}DELETE`]?.closest("[data-when-saved]");
    if (!tick?.hidden || !namesIn(start).some((name) => keyOf(name) in fields)) continue;
    tick.hidden = false;
    tick.closest(".inline-related")?.querySelector(".inline-deletelink")?.parentElement.remove();
  }
}

document.addEventListener("formset:removed", () => {
  for (const [key, draft] of engine.drafts) {
    if (draft.isOnServer || nameOf(key)) continue;
    if (draft.sent) removed.add(key.replace(/:\w+$/, ""));
    else engine.type(key, "");
  }
});

// What the form shows

let hasConflict = false; // the button then submits the version that was opened, and shows both texts
let hasOtherChanges = false; // what only the button saves
const notices = new Set(); // by key

let hasTyped = false;
const atFirst = "public" in settings.dataset ? "Det er offentligt. Tryk på »Gem«, når det må læses." : "Siden gemmer automatisk.";

function show(state) {
  const ticked = form.querySelector("[name$='-DELETE']:checked");
  const isAllSaved = !ticked && !hasOtherChanges && ![...form.elements].some(({ files }) => files?.length);
  if (!hasTyped && state.kind === "saved") {
    line.textContent = atFirst;
    return;
  }
  const refused = state.refused.map((draft) => draft.refused);
  line.textContent = state.kind === "refused" ? [...new Set(refused)].join(" ") : statusText(state);
  line.replaceChildren(line.textContent, ...(["loggedout", "other"].includes(state.kind) ? [" ", logInLink()] : []));
  if (state.kind !== "saved") return;
  if (isAllSaved) form.dispatchEvent(new Event("autosaved"));
  else line.textContent = ticked ? "Tryk på »Gem« for at slette det, du har sat hak ved." : "Tryk på »Gem« for at gemme resten.";
}

function logInLink() {
  const link = document.createElement("a");
  link.href = `${login}?next=${encodeURIComponent(location.pathname)}`;
  link.target = "_blank";
  link.textContent = "Log ind i et nyt vindue";
  return link;
}

// A text from a page that was closed before it was saved, and that does not fit any more.
function offer(draft) {
  const { key, value, refused: reason } = draft;
  if (notices.has(key)) return;
  notices.add(key);
  const name = nameOf(key);
  offerText({
    control: name ? controlsOf(name)[0] : form.querySelector(".submit-row"),
    value,
    reason,
    use: name && (() => setValue(name, value)),
    drop() {
      engine.restored = engine.restored.filter((other) => other !== draft);
      store.delete(draft.id);
    },
  });
}

const page = {
  status: show,
  value(key, value) {
    const name = nameOf(key);
    if (name) setValue(name, value);
  },
  removed() {},
  restored() {},
  refused: offer,
  state(state) {
    // Another has saved a field that is being written here.
    hasConflict ||= engine.unsent.some(({ key, base }) => !key.endsWith(":position") && (state?.fields[key]?.[1] ?? base) !== base);
    if (!hasConflict) form.elements.version.value = engine.version;
    if (state) showCreated(state);
  },
};

const send = poster(url, user, form.elements.csrfmiddlewaretoken.value);
const post = async (...body) => {
  const answer = await send(...body);
  hasConflict ||= answer.results.some(({ conflict }) => conflict);
  return answer;
};
const store = await openFormStore(user, client);

// Rows that were not created before their page was closed. They are written in the form again; other texts are sent.
const entries = await store.entries().catch(() => []);
const unmade = entries.filter(({ key }) => key.includes("-") && !nameOf(key));
const engine = new DeskSync({
  client,
  user,
  empty: settings.dataset.empty,
  post,
  store: { ...store, entries: async () => entries.filter((entry) => !unmade.includes(entry)) },
  timers: { now: () => Date.now(), set: (act, ms) => setTimeout(act, ms), clear: (handle) => clearTimeout(handle) },
  uuid,
  page,
  pollInterval: POLL_INTERVAL,
});
engine.version = form.elements.version.value;

function onInput({ target: { name, type } }) {
  if (!name) return;
  hasTyped = true;
  const row = rowOf(name);
  if (row && isNew(row.start) && !keyField(row.start).value) {
    if (isBlank(row.start)) return;
    keyField(row.start).value = uuid();
  }
  const key = keyOf(name);
  if (!key) {
    hasOtherChanges ||= type !== "file" && !name.endsWith("-DELETE");
    engine.reportStatus();
    return;
  }
  // A field that was refused may fit now that another has changed.
  for (const draft of engine.drafts.values()) draft.refused = "";
  if (row && isNew(row.start) && !engine.drafts.get(key)?.isOnServer) typeRow(row.start);
  else engine.type(key, valueOf(name));
}

let isWaiting = false;
let isReady = false;
form.addEventListener("submit", async (event) => {
  if (isReady) return;
  event.preventDefault();
  if (isWaiting) return;
  isWaiting = true;
  // The answer brings the version that the form must submit.
  await engine.flush();
  isWaiting = false;
  // There is nobody to send the form to.
  if (["offline", "denied"].includes(engine.status)) return;
  engine.stop();
  await engine.storeDrafts();
  noteSent(client); // what was refused is kept until then
  isReady = true;
  form.requestSubmit(event.submitter);
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "hidden" || isReady) return;
  engine.storeDrafts();
  engine.flush();
});
addEventListener("pagehide", () => engine.storeDrafts());
// Going back to a page that was sent shows what is saved.
addEventListener("pageshow", ({ persisted }) => persisted && isReady && location.reload());

if (unmade.length && document.readyState !== "complete") await new Promise((resolve) => addEventListener("load", resolve, { once: true })); // rows are added by other scripts
for (const { key } of unmade) if (!nameOf(key)) addRow(key.replace(/:\w+$/, ""));
for (const { key, value } of unmade) if (nameOf(key)) setValue(nameOf(key), value);
const start = engine.start(initial);
hasStarted = true;
early.forEach(onInput);
await start;
if (unmade.length) {
  hasTyped = true;
  newRows().filter((row) => keyField(row).value).forEach(typeRow);
  await engine.storeDrafts();
  await Promise.all(unmade.filter(({ key }) => nameOf(key)).map(({ id }) => store.delete(id)));
}
