// Ordering of rows by buttons, keyboard or drag and drop, for the admin's inlines and the goals inside a theme. The order
// is stored in number fields, which are filled in by hand without this script.

const ROW = ".inline-related:not(.empty-form), [data-row]";
const announcement = document.createElement("p");
announcement.className = "visually-hidden";
announcement.setAttribute("role", "status");
document.querySelector("#content-main")?.append(announcement);

const positionOf = (row) =>
  [...row.querySelectorAll("input[name$='-position']")].find((input) => input.closest(ROW) === row);
const siblingsOf = (row) =>
  [...row.parentElement.children].filter((other) => other.matches(ROW) && positionOf(other) && !other.hidden);

// Added to the names of the buttons, so that screen readers can tell the rows apart.
const nameOf = (row) => {
  const titles = [...row.querySelectorAll("[name$='-title'], [name$='-text']")];
  const title = titles.find((input) => input.closest(ROW) === row)?.value;
  return title ? `: ${title.slice(0, 60)}` : "";
};

function renumber(row) {
  siblingsOf(row).forEach((other, index) => {
    const input = positionOf(other);
    if (input.value !== String(index + 1)) {
      input.value = index + 1;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });
}

function announce(row) {
  const rows = siblingsOf(row);
  announcement.textContent = `Flyttet til plads ${rows.indexOf(row) + 1} af ${rows.length}.`;
}

function move(row, step) {
  const rows = siblingsOf(row);
  const other = rows[rows.indexOf(row) + step];
  if (!other) return;
  other[step < 0 ? "before" : "after"](row);
  renumber(row);
  announce(row);
}

function button(text, label, action) {
  const node = document.createElement("button");
  node.type = "button";
  node.textContent = text;
  node.title = label;
  node.setAttribute("aria-label", label);
  node.addEventListener("click", () => { action(); node.focus(); });
  return node;
}

let dragged = null;

function addMover(row) {
  if (!positionOf(row) || row.querySelector(":scope > .mover")) return;
  const mover = document.createElement("div");
  mover.className = "mover";
  const handle = document.createElement("span");
  handle.className = "handle";
  handle.draggable = true;
  handle.title = "Træk for at flytte";
  handle.setAttribute("aria-hidden", "true");
  handle.textContent = "⠿";
  handle.addEventListener("dragstart", (event) => {
    dragged = row;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setDragImage(row, 10, 10);
    row.classList.add("dragged");
  });
  handle.addEventListener("dragend", () => {
    row.classList.remove("dragged");
    renumber(row);
    announce(row);
    dragged = null;
  });
  mover.append(
    handle,
    button("↑", `Flyt op${nameOf(row)}`, () => move(row, -1)),
    button("↓", `Flyt ned${nameOf(row)}`, () => move(row, 1)),
  );
  row.prepend(mover);
  row.classList.add("ordered");
}

document.addEventListener("dragover", (event) => {
  const over = dragged && event.target.closest(ROW);
  if (!over || over === dragged || over.parentElement !== dragged.parentElement) return;
  event.preventDefault();
  const box = over.getBoundingClientRect();
  over[event.clientY < box.top + box.height / 2 ? "before" : "after"](dragged);
});

// A row added to the admin's inlines is the last one.
document.addEventListener("formset:added", (event) => {
  const row = event.target;
  addMover(row);
  if (positionOf(row)) renumber(row);
});
document.addEventListener("formset:removed", () => {
  document.querySelectorAll(".js-inline-admin-formset").forEach((group) => {
    const row = group.querySelector(".inline-related.ordered:not(.empty-form)");
    if (row) renumber(row);
  });
});

// The goals of one theme: a formset, whose management form has their number.
function setUpGoals(group) {
  const list = group.querySelector(".goal-list");
  const empty = group.querySelector(".empty-row > [data-row]");
  if (!list) return;
  const total = group.querySelector("input[name='goals-TOTAL_FORMS']");
  list.querySelectorAll(":scope > [data-row]").forEach(setUpGoal);
  if (!empty) return;
  const add = document.createElement("button");
  add.type = "button";
  add.className = "add";
  add.textContent = "Tilføj et mål";
  add.addEventListener("click", () => {
    const row = empty.cloneNode(true);
    const index = total.value;
    for (const element of row.querySelectorAll("[id], [name], [for]")) {
      for (const name of ["id", "name", "for"]) {
        const value = element.getAttribute(name);
        if (value) element.setAttribute(name, value.replace("goals-__prefix__-", `goals-${index}-`));
      }
    }
    total.value = Number(index) + 1;
    list.append(row);
    setUpGoal(row);
    renumber(row);
    row.querySelector("textarea").focus();
  });
  list.after(add);
}

function setUpGoal(row) {
  addMover(row);
  const below = row.querySelector("input[name$='-is_below']");
  const remove = row.querySelector("input[name$='-DELETE']");
  below.addEventListener("change", () => row.classList.toggle("below", below.checked));
  remove?.addEventListener("change", () => row.classList.toggle("leaving", remove.checked));
}

document.querySelectorAll(".inline-related:not(.empty-form), ol.items > [data-row]").forEach(addMover);
document.querySelectorAll("[data-rows]").forEach(setUpGoals);
