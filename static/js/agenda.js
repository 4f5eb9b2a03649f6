// Automatic saving of the agenda, and upload of files that are dropped on an item. The buttons of the form do the same
// without a script: automatic saving submits that form and gets JSON back.

const form = document.querySelector("#agenda_form");
const status = form.querySelector("[data-saved]");
const PAUSE = 2000; // ms after the last change
let timer = null;
let sending = false;
let changed = false;
let hasUnsavedPublicText = false; // text of public items is saved by the button only

const rowOf = (element) => element.closest?.("[data-row]");

function showStatus(text) {
  if (status.textContent !== text) status.textContent = text;
}

form.addEventListener("input", scheduleSave);
form.addEventListener("change", scheduleSave);

function scheduleSave(event) {
  const { target } = event;
  if (!target.name || target.type === "file" || target.name === "new_title" || target.name.startsWith("answer-")) return;
  changed = true;
  // The order of public items is saved automatically; their text is not.
  if (rowOf(target)?.matches("[data-live]") && !target.name.endsWith("-position")) {
    hasUnsavedPublicText = true;
    showStatus("Punktet er offentligt. Tryk Gem, når det må læses.");
    return;
  }
  clearTimeout(timer);
  timer = setTimeout(save, PAUSE);
}

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
    const response = await fetch(location.href, {
      method: "POST",
      body: data,
      headers: { Accept: "application/json" },
      redirect: "error",
    });
    if (!response.headers.get("Content-Type")?.includes("json")) throw new Error(response.status);
    showSaved(await response.json());
  } catch {
    changed = true;
    showStatus("Ikke gemt endnu. Vi prøver igen. Luk ikke siden.");
    timer = setTimeout(save, 10 * PAUSE);
  }
  sending = false;
}

function showSaved({ versions, errors, cpr_warnings: cprWarnings, order, message }) {
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
  if (changed) event.preventDefault();
});
form.addEventListener("submit", () => {
  changed = false;
  clearTimeout(timer);
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
    const response = await fetch(form.dataset.files, { method: "POST", body: data, redirect: "error" });
    const { pk, title, url, error } = await response.json();
    if (error) throw new Error(error);
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
    box.textContent = `${file.name} er ikke lagt op. ${problem instanceof TypeError || problem instanceof SyntaxError ? "Prøv igen." : problem.message}`;
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
