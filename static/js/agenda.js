// Automatic saving of the agenda, and upload of files that are dropped on an item. The buttons of the form do the same
// without a script: automatic saving submits that form and gets JSON back.

import { isTyped, noteSent, offerText, openFormStore } from "./form-drafts.js";
import { uuid } from "./uuid.js";

const form = document.querySelector("#agenda_form");
const status = form.querySelector("[data-saved]");
const PAUSE = 2000; // ms after the last change
let timer = null;
let sending = false;
let changed = false;
let hasUnsavedPublicText = false; // text of public items is saved by the button only
let isForButton = false; // a new item or an answer, which only a button sends

const rowOf = (element) => element.closest?.("[data-row]");

function showStatus(text) {
  if (status.textContent !== text) status.textContent = text;
}

form.addEventListener("input", scheduleSave);
form.addEventListener("change", scheduleSave);

function scheduleSave(event) {
  const { target } = event;
  if (!target.name || target.type === "file") return;
  keep(target);
  if (target.name === "new_title" || target.name.startsWith("answer-")) {
    isForButton = Boolean(target.value);
    return;
  }
  changed = true;
  // The order of public items is saved automatically; their text is not.
  if (target.closest("[data-live]") && !target.name.endsWith("-position")) {
    hasUnsavedPublicText = true;
    showStatus("Det er offentligt. Tryk på »Gem«, når det må læses.");
    return;
  }
  clearTimeout(timer);
  timer = setTimeout(save, PAUSE);
}

// Texts that are not saved yet, kept in the browser in case the page is closed

const client = uuid();
const store = openFormStore(Number(form.dataset.user), client);
const unsaved = new Map(); // by name
let keeping = null;
const idOf = (name) => `${client}|${name}`;

function keep({ name, type, value }) {
  if (["checkbox", "radio", "hidden"].includes(type) || name.endsWith("-position")) return;
  unsaved.set(name, value);
  keeping ??= setTimeout(storeTexts, 300);
}

async function storeTexts() {
  clearTimeout(keeping);
  keeping = null;
  const opened = await store;
  for (const [name, value] of unsaved) opened.put({ id: idOf(name), key: name, value, at: Date.now() }).catch(() => {});
}

async function forgetSaved(sent, errors) {
  const opened = await store;
  for (const [name, value] of unsaved) {
    const isSaved = !(name.replace(/-[a-z_]+$/, "") in errors) && !form.elements[name]?.closest("[data-live]");
    if (sent.get(name) !== value || name.startsWith("answer-") || !isSaved) continue;
    unsaved.delete(name);
    opened.delete(idOf(name));
  }
}

addEventListener("pagehide", storeTexts);

async function save() {
  if (sending) {
    timer = setTimeout(save, 300);
    return;
  }
  sending = true;
  changed = false;
  const data = new FormData(form);
  for (const [name, value] of [...data]) if (value instanceof File || name === "new_title") data.delete(name);
  try {
    // Not form.action: that is the list of buttons named "action".
    showSaved(await post(location.href, data), data);
  } catch (problem) {
    changed = true;
    if (problem instanceof LoggedOut) showLoggedOut(problem.message);
    else showStatus("Ikke gemt endnu. Vi prøver igen. Luk ikke siden.");
    timer = setTimeout(save, 10 * PAUSE);
  }
  sending = false;
}

class LoggedOut extends Error {}

// Return the server's answer. Logging in again in another window changes the CSRF token, so it is read again, once.
async function post(address, data) {
  const send = () => fetch(address, { method: "POST", body: data, headers: { Accept: "application/json" }, redirect: "error" });
  let response = await send();
  if (response.status === 403) {
    await readToken();
    data.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    response = await send();
  }
  if (response.status === 401) throw new LoggedOut("Du er logget ud. Det, du har skrevet, står her endnu og bliver gemt, når du er logget ind igen.");
  if (!response.headers.get("Content-Type")?.includes("json")) throw new Error(response.status);
  return response.json();
}

async function readToken() {
  const response = await fetch(location.href, { redirect: "error" });
  const page = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("#agenda_form");
  if (!page) throw new Error(response.status);
  if (page.dataset.user !== form.dataset.user) throw new LoggedOut("En anden er logget ind i denne browser. Det, du har skrevet, bliver gemt, når du selv er logget ind igen.");
  form.elements.csrfmiddlewaretoken.value = page.elements.csrfmiddlewaretoken.value;
}

function showLoggedOut(text) {
  if (status.textContent.startsWith(text)) return;
  const link = document.createElement("a");
  link.href = `${form.dataset.logIn}?next=${encodeURIComponent(location.pathname)}`;
  link.target = "_blank";
  link.textContent = "Log ind i et nyt vindue";
  status.replaceChildren(`${text} `, link);
}

window.addEventListener("focus", () => changed && !sending && save());

// `sent`: what was posted. A value that saving has changed is shown, unless somebody is typing on.
function showSaved({ versions, values, errors, cpr_warnings: cprWarnings, order, message }, sent) {
  forgetSaved(sent, errors);
  for (const [prefix, changes] of Object.entries(values)) {
    for (const [name, value] of Object.entries(changes)) {
      const field = form.elements[`${prefix}-${name}`];
      if (field.value !== sent.get(field.name)) continue;
      field.value = value;
      field.dispatchEvent(new Event("richtext:set"));
    }
  }
  for (const [prefix, version] of Object.entries(versions)) form.elements[`${prefix}-version`].value = version;
  form.elements.order.value = order;
  for (const row of form.querySelectorAll("[data-row]")) {
    const box = row.querySelector("[data-errors]");
    const warnings = cprWarnings[row.id]?.map((text) => `Noget ligner et CPR-nummer: ${text}`) ?? [];
    const text = [errors[row.id], ...warnings].filter(Boolean).join(" ");
    box.textContent = text;
    box.hidden = !text;
  }
  if (Object.keys(errors).length) showStatus("Noget er ikke gemt endnu. Se ved punktet.");
  else if (message && !hasUnsavedPublicText) showStatus(message);
}

window.addEventListener("beforeunload", (event) => {
  if (changed || hasUnsavedPublicText || isForButton) event.preventDefault();
});
form.addEventListener("submit", () => {
  changed = hasUnsavedPublicText = isForButton = false;
  clearTimeout(timer);
  storeTexts();
  noteSent(client);
});

// rows.js reports a dragged row as a change event of the position fields.

// Files

async function upload(row, file) {
  const data = new FormData();
  data.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  data.append("item", row.querySelector("[data-item]").dataset.item);
  data.append("file", file);
  const box = row.querySelector("[data-errors]");
  showStatus(`Lægger ${file.name} op …`);
  try {
    const { pk, title, url, error, needs_review: needsReview } = await post(form.dataset.files, data);
    if (needsReview) {
      submitWith(row, file);
      return;
    }
    if (error) throw Object.assign(new Error(error), { isRefusal: true });
    const line = row.querySelector("template[data-file]").content.firstElementChild.cloneNode(true);
    const link = line.querySelector("a");
    link.href = url;
    link.textContent = title;
    const remove = line.querySelector("button");
    remove.value = `remove_file:${pk}`;
    remove.append(` »${title}«`);
    row.querySelector(".file-list").append(line);
    row.querySelector("details").open = true;
    showStatus(`${title} ligger ved punktet.`);
  } catch (problem) {
    box.textContent = `${file.name} er ikke lagt op. ${problem.isRefusal || problem instanceof LoggedOut ? problem.message : "Prøv igen."}`;
    box.hidden = false;
    showStatus("Filen er ikke lagt op. Se ved punktet.");
  }
}

// A chosen file is uploaded at once, like a dropped one.
form.addEventListener("change", async ({ target }) => {
  if (target.type !== "file") return;
  const files = [...target.files];
  target.value = "";
  for (const file of files) await upload(rowOf(target), file);
});

// A file of a public item is reviewed before it is saved: the form is sent, and its page asks.
function submitWith(row, file) {
  const chosen = new DataTransfer();
  chosen.items.add(file);
  row.querySelector("input[type=file]").files = chosen.files;
  form.requestSubmit();
}

const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
const highlight = (row) => form.querySelectorAll(".over-item").forEach((other) => other !== row && other.classList.remove("over-item"));

document.addEventListener("dragover", (event) => {
  if (!hasFiles(event)) return;
  // Otherwise the browser would open a file that is dropped beside an item.
  event.preventDefault();
  const row = rowOf(event.target);
  event.dataTransfer.dropEffect = row ? "copy" : "none";
  highlight(row);
  row?.classList.add("over-item");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) highlight(null);
});
document.addEventListener("drop", async (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  highlight(null);
  const row = rowOf(event.target);
  if (row) for (const file of event.dataTransfer.files) await upload(row, file);
});

// What was typed before this script ran

const isField = ({ type }) => !["hidden", "file", "button", "submit", "fieldset"].includes(type);
for (const target of form.elements) if (target.name && isField(target) && isTyped(target)) scheduleSave({ target });

// Texts of pages that were closed before they were saved

const opened = await store;
for (const { id, key, value } of await opened.entries().catch(() => [])) {
  const field = form.elements[key];
  const drop = () => opened.delete(id).catch(() => {});
  const keepOn = () => {
    keep(field);
    storeTexts().then(drop);
  };
  const use = () => {
    field.value = value;
    field.dispatchEvent(new Event("richtext:set"));
    keepOn();
  };
  if (field?.value !== value) offerText({ control: field ?? form.querySelector(".save-line"), value, use: field && use, drop });
  else if (form.querySelector(".error-summary")) keepOn(); // shown again, with what is wrong
  else drop();
}
