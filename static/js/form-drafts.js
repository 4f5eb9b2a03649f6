// Unsaved texts of a form of the back office, kept in the browser until they are saved.

import { openStore } from "./desk-sync.js";

// Open the store of this page, which `client` names. Its entries() are those of pages that were closed before.
export async function openFormStore(user, client) {
  const lockName = (id) => `udsat-form ${id}`;
  const hasLocks = "locks" in navigator;
  if (hasLocks) navigator.locks.request(lockName(client), () => new Promise(() => {}));
  const isAlive = async (id) => hasLocks && (await navigator.locks.query()).held.some(({ name }) => name === lockName(id));
  const noStore = { put: () => Promise.reject(new Error()), delete: async () => {}, deleteAllOf: async () => {}, entries: async () => [] };
  const store = await openStore(user, location.pathname, client, isAlive).catch(() => noStore);
  await store.deleteAllOf(sessionStorage.getItem("udsat-saved") ?? "").catch(() => {});
  sessionStorage.removeItem("udsat-saved");
  sessionStorage.removeItem("udsat-sent");
  return store;
}

// The form is sent by a button. Once a page says that it is saved (see admin.js), the texts of `client` are deleted.
export const noteSent = (client) => sessionStorage.setItem("udsat-sent", JSON.stringify({ client, path: location.pathname }));

// Show a text that was typed last time at its field, with buttons that use it or throw it away. `control` is the field;
// a text whose field is gone is shown at the control without `use`.
export function offerText({ control, value, reason = "", use, drop }) {
  const box = document.createElement("div");
  box.className = "notice";
  const text = document.createElement("p");
  text.textContent = `Det her skrev du sidst, og det er ikke gemt${reason && ` (${reason})`}: ${new DOMParser().parseFromString(value, "text/html").body.textContent}`;
  box.append(text);
  const addButton = (label, act) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = label;
    button.addEventListener("click", () => {
      act();
      box.remove();
    });
    box.append(button, " ");
  };
  if (use) {
    addButton("Sæt det ind i feltet", () => {
      use();
      control.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
  addButton("Smid det væk", drop);
  for (let fold = control.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  (control.closest(".field") ?? control).before(box);
}

// Whether the field is as the page was sent.
export function isUntouched(control) {
  if (control.type === "checkbox" || control.type === "radio") return control.checked === control.defaultChecked;
  if (control.tagName !== "SELECT") return control.value === control.defaultValue;
  const preset = [...control.options].filter((option) => option.defaultSelected);
  return control.multiple ? [...control.options].every((option) => option.selected === option.defaultSelected) : control.value === (preset[0] ?? control.options[0])?.value;
}

// Whether a person has changed the field before any script listened. The editor sets a rich text by itself.
export const isTyped = (control) => !control.matches(".richtext") && !isUntouched(control);
