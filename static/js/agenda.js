// Saves the agenda by itself, and takes files that are dropped on an item. Everything here can also be done with the
// buttons of the form: this script sends the same form, and asks for the answer in JSON.

const form = document.querySelector("#agenda_form");
const said = form.querySelector("[data-saved]");
const PAUSE = 2000;
let timer = null;
let sending = false;
let changed = false;
let waiting = false; // text of public items, which only a person makes public

const rowOf = (element) => element.closest?.("[data-row]");

function say(text) {
  if (said.textContent !== text) said.textContent = text;
}

form.addEventListener("input", note);
form.addEventListener("change", note);

function note(event) {
  const { target } = event;
  if (!target.name || target.type === "file" || target.name === "new_title" || target.name.startsWith("answer-")) return;
  changed = true;
  // The order is no text: it may be saved at once, whoever reads it.
  if (rowOf(target)?.matches("[data-live]") && !target.name.endsWith("-position")) {
    waiting = true;
    say("Punktet er offentligt. Tryk Gem, når det må læses.");
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
    const answer = await fetch(form.action, {
      method: "POST",
      body: data,
      headers: { Accept: "application/json" },
      redirect: "error",
    });
    if (!answer.headers.get("Content-Type")?.includes("json")) throw new Error(answer.status);
    show(await answer.json());
  } catch {
    changed = true;
    say("Ikke gemt endnu. Vi prøver igen. Luk ikke siden.");
    timer = setTimeout(save, 10 * PAUSE);
  }
  sending = false;
}

function show({ versions, problems, numbers, order, said: words }) {
  for (const [prefix, version] of Object.entries(versions)) form.elements[`${prefix}-version`].value = version;
  form.elements.order.value = order;
  for (const row of form.querySelectorAll("[data-row]")) {
    const box = row.querySelector("[data-problem]");
    const found = numbers[row.id]?.map((text) => `Noget ligner et CPR-nummer: ${text}`) ?? [];
    const text = [problems[row.id], ...found].filter(Boolean).join(" ");
    box.textContent = text;
    box.hidden = !text;
  }
  if (Object.keys(problems).length) say("Noget er ikke gemt endnu. Se ved punktet.");
  else if (words && !waiting) say(words);
}

window.addEventListener("beforeunload", (event) => {
  if (changed) event.preventDefault();
});
form.addEventListener("submit", () => {
  changed = false;
  clearTimeout(timer);
});

// Dragging a row moves it without any field being typed in; rows.js tells of it by a change of the numbers.

// Files

async function upload(row, file) {
  const data = new FormData();
  data.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  data.append("item", row.querySelector("[data-drop]").dataset.drop);
  data.append("file", file);
  const box = row.querySelector("[data-problem]");
  say(`Lægger ${file.name} op …`);
  try {
    const answer = await fetch(form.dataset.files, { method: "POST", body: data, redirect: "error" });
    const { title, url, error } = await answer.json();
    if (error) throw new Error(error);
    const link = document.createElement("a");
    link.href = url;
    link.textContent = title;
    const line = document.createElement("li");
    line.append(link);
    row.querySelector(".file-list").append(line);
    row.querySelector("details").open = true;
    say(`${title} ligger ved punktet.`);
  } catch (problem) {
    box.textContent = `${file.name} er ikke lagt op. ${problem instanceof TypeError || problem instanceof SyntaxError ? "Prøv igen." : problem.message}`;
    box.hidden = false;
    say("Filen er ikke lagt op. Se ved punktet.");
  }
}

const brings = (event) => event.dataTransfer?.types.includes("Files");
const mark = (row) => form.querySelectorAll(".over-item").forEach((other) => other !== row && other.classList.remove("over-item"));

document.addEventListener("dragover", (event) => {
  if (!brings(event)) return;
  // A file that misses must not take the place of the page.
  event.preventDefault();
  const row = rowOf(event.target);
  event.dataTransfer.dropEffect = row ? "copy" : "none";
  mark(row);
  row?.classList.add("over-item");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) mark(null);
});
document.addEventListener("drop", async (event) => {
  if (!brings(event)) return;
  event.preventDefault();
  mark(null);
  const row = rowOf(event.target);
  if (row) for (const file of event.dataTransfer.files) await upload(row, file);
});
