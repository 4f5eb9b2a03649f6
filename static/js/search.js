// Suggestions in the search field: a combobox with a list (WAI-ARIA Authoring Practices, list autocomplete with manual
// selection). Without this script it is an ordinary search field.

const PAUSE = 200; // milliseconds after the last key
const MIN_LENGTH = 2;

const field = document.querySelector("form.search #q");
// No suggestions for users who save data.
if (field && !navigator.connection?.saveData) combobox(field);

function combobox(input) {
  const list = document.createElement("ul");
  const status = document.createElement("p");
  list.id = "q-forslag";
  list.className = "suggestions";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Forslag");
  status.className = "unseen";
  status.setAttribute("role", "status");
  input.after(list, status);
  // A field of type search must not have the role combobox (ARIA in HTML).
  input.type = "text";
  input.enterKeyHint = "search";
  for (const [name, value] of Object.entries({
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-controls": list.id,
    "aria-expanded": "false",
  })) input.setAttribute(name, value);

  let active = -1;
  let lastQuery = input.value.trim();
  let timer, controller;

  function setActive(number) {
    list.children[active]?.setAttribute("aria-selected", "false");
    active = number;
    const option = list.children[active];
    if (option) {
      option.setAttribute("aria-selected", "true");
      option.scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", option.id);
    } else input.removeAttribute("aria-activedescendant");
  }

  function open(isOpen) {
    list.hidden = !isOpen;
    input.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) {
      setActive(-1);
      status.textContent = "";
    }
  }

  function show(texts) {
    setActive(-1);
    list.replaceChildren(...texts.map((text, number) => {
      const option = document.createElement("li");
      option.id = `q-forslag-${number}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.textContent = text;
      return option;
    }));
    open(texts.length > 0);
    if (texts.length) status.textContent = `${texts.length} forslag. Gå til dem med pil ned.`;
  }

  // Suggestions always match the current text: a response to an older query is dropped.
  async function fetchSuggestions() {
    const query = input.value.trim();
    lastQuery = query;
    if (query.length < MIN_LENGTH) return;
    controller = new AbortController();
    try {
      const response = await fetch(`${input.form.action}forslag/?q=${encodeURIComponent(query)}`, { signal: controller.signal });
      if (!response.ok) return;
      const { forslag } = await response.json();
      if (query === input.value.trim() && document.activeElement === input) show(forslag);
    } catch {
      // Offline or aborted: the field still works for searching.
    }
  }

  function choose(option) {
    input.value = option.textContent;
    lastQuery = input.value;
    open(false);
    input.form.requestSubmit();
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    controller?.abort();
    if (input.value.trim() === lastQuery) return;
    open(false);
    timer = setTimeout(fetchSuggestions, PAUSE);
  });

  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const count = list.children.length;
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && count && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      if (list.hidden) open(true);
      // A step past either end returns to the field.
      const step = event.key === "ArrowDown" ? 1 : -1;
      setActive(((active + 1 + step + count + 1) % (count + 1)) - 1);
    } else if (event.key === "Enter" && active >= 0) {
      event.preventDefault();
      choose(list.children[active]);
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (!list.hidden) open(false);
      else input.value = lastQuery = "";
    } else if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) setActive(-1);
  });

  input.addEventListener("blur", () => {
    clearTimeout(timer);
    open(false);
  });
  input.form.addEventListener("submit", () => {
    clearTimeout(timer);
    controller?.abort();
  });
  // Keep the focus in the field when a suggestion is clicked.
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) choose(option);
  });
}
